"""Every command with its options, from the commands themselves: ``python -m benchmarks.commands``.

Writes docs/commands.md; a test holds that it says what the commands say.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from kb.cli.main import main as kb

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
_HEAD = """\
# Commands

Written by `python -m benchmarks.commands` from what `--help` says. Where a command takes
`--notes DIR` (`-n`), that is the folder of the notes (else `KB_NOTES`, else `./notes`); `--json`
prints JSON for programs. `kb --version` prints the version, and `kb --debug COMMAND …` shows the
traceback of an error. Exit status: 0 done (an unanswered question too), 1 failed with one line of
reason, 2 wrong usage.
"""
_EVERYWHERE = ("--notes", "--json")
# The blank paragraph mark of click, as a raw docstring holds it or as itself.
_AS_IS = ("\\b\n", "\b\n")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name, a group before what is in it."""
    waiting: list[tuple[str, click.Command]] = [
        (f"kb {name}", command) for name, command in kb.commands.items()
    ]
    while waiting:
        name, command = waiting.pop(0)
        yield name, command
        if isinstance(command, click.Group):
            waiting[:0] = [(f"{name} {each}", sub) for each, sub in command.commands.items()]


def options(command: click.Command) -> list[click.Option]:
    """Return the options of a command."""
    return [each for each in command.params if isinstance(each, click.Option)]


def page() -> str:
    """Return what docs/commands.md holds."""
    return "\n".join([_HEAD, *(_section(name, each) for name, each in commands())])


def _section(name: str, command: click.Command) -> str:
    given = [each for each in command.params if isinstance(each, click.Argument)]
    called = " ".join([name, *(_argument(each) for each in given)])
    parts = [f"## {name}", f"`{called}`", *_help(command)]
    own = [each for each in options(command) if each.opts[0] not in _EVERYWHERE]
    if own:
        parts.append("\n".join(["| option | meaning |", "|---|---|", *map(_row, own)]))
    shared = [each.opts[0] for each in options(command) if each.opts[0] in _EVERYWHERE]
    if shared:
        parts.append(f"Also {' and '.join(f'`{each}`' for each in shared)}.")
    return "\n\n".join(parts) + "\n"


def _argument(argument: click.Argument) -> str:
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def _help(command: click.Command) -> Iterator[str]:
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if not paragraph.startswith(_AS_IS):
            yield paragraph
            continue
        lines = [re.sub(r"\s{2,}", "  # ", each) for each in paragraph.splitlines()[1:]]
        yield "\n".join(["```console", *(f"$ {each}" for each in lines), "```"])


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{each}`" for each in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag else f" {_value(option)}"
    told = option.show_default if isinstance(option.show_default, str) else option.default
    default = f" Default: {told}." if option.show_default else ""
    return f"| {names}{takes} | {option.help}{default} |"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return " or ".join(map(str, option.type.choices))
    return option.metavar or option.type.name.upper()


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
