"""The command line: it parses, calls `KnowledgeBase`, and prints.

Exit status: 0 done (also when the notes hold no answer), 1 something failed, 2 wrong usage.
"""

from __future__ import annotations

import click

from kb.cli import (
    asking,
    chatting,
    curating,
    examining,
    folder,
    keys,
    measuring,
    serving,
    sharing,
    trust,
    watching,
)
from kb.cli.options import ErrorGroup


@click.group(cls=ErrorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="notes-kb", prog_name="kb")
def main(debug: bool) -> None:
    r"""Ask a folder of Markdown notes; the answer is their exact words, with their place.

    \b
    kb init notes            copy the starter notes into ./notes
    kb index                 index what changed
    kb ask "Who wrote it?"   ask a question
    kb serve                 open the chat page
    """


for _command in (
    folder.init,
    folder.index,
    folder.add,
    folder.status,
    asking.search,
    asking.ask,
    chatting.chat,
    chatting.export,
    curating.faq,
    serving.serve,
    serving.mcp,
    watching.watch,
    sharing.password,
    keys.key,
    measuring.evaluate,
    measuring.compare,
    trust.verify,
    examining.doctor,
):
    main.add_command(_command)


if __name__ == "__main__":
    main()
