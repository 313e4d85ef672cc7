"""Commands that ask the notes: search and ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kb.cli import printing
from kb.cli.asked import questions
from kb.cli.options import json_option, notes_option, open_base, print_json, scope_options
from kb.errors import KbError

if TYPE_CHECKING:
    from kb.answer import Answer
    from kb.knowledge import KnowledgeBase
    from retrieval.scope import Scope


@click.command()
@click.argument("query")
@click.option("-k", default=10, show_default=True, help="How many passages.")
@click.option("--rerank/--no-rerank", default=True, help="Let the reader order the first few.")
@scope_options
@notes_option
@json_option
def search(
    query: str,
    k: int,
    rerank: bool,
    scope: Scope,
    notes: str | None,
    as_json: bool,
) -> None:
    r"""Show the passages nearest to QUERY.

    \b
    kb search "learning rate" -k 5
    kb search 注意力 --tag transformer
    """
    if k < 1:
        raise click.UsageError("-k must be at least 1")
    with open_base(notes) as base:
        found = base.search(query, k, scope, rerank=rerank)
    if as_json:
        print_json([asdict(scored) for scored in found])
    else:
        click.echo(printing.passages(found) or "nothing found")


@click.command()
@click.argument("question")
@scope_options
@click.option("--threshold", type=float, help="Least confidence of a shown answer, 0 to 1.")
@click.option(
    "--receipt",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Add the answer to FILE, for `kb verify`.",
)
@notes_option
@json_option
def ask(
    question: str,
    scope: Scope,
    threshold: float | None,
    receipt: Path | None,
    notes: str | None,
    as_json: bool,
) -> None:
    r"""Answer QUESTION with the notes' own words; - reads one question a line.

    Exits with 0 whether or not the notes hold an answer. With - every answer is one line of JSON.

    \b
    kb ask "What does softmax divide by?"
    kb ask 自注意力的公式是什么？ --json
    kb ask - < questions.txt
    kb ask "Who introduced the LSTM?" --receipt receipts.jsonl
    """
    from kb.answer import to_json

    with open_base(notes, threshold=threshold) as base:
        if question == "-":
            _ask_lines(lambda line: base.ask(line, scope=scope), base, receipt)
            return
        answer = base.ask(question, scope=scope)
        if as_json:
            print_json(to_json(answer))
        else:
            click.echo(printing.answer(answer))
        # After the answer is shown: it is not lost if the receipt cannot be written.
        _save(base, answer, receipt)


def _save(base: KnowledgeBase, answer: Answer, receipt: Path | None) -> None:
    """Keep the receipt of an answer, if it is wanted and there is one."""
    if receipt is not None and answer.text is not None:
        from kb.trust.receipts import append_receipt, make_receipt

        append_receipt(receipt, make_receipt(base, answer))


def _ask_lines(ask_one: Callable[[str], Answer], base: KnowledgeBase, receipt: Path | None) -> None:
    """Answer each line of standard input; what goes wrong with one is told in its own line."""
    from kb.answer import to_json

    for question in questions():
        told: dict[str, Any] = {"question": question}
        try:
            answer = ask_one(question)
            told = to_json(answer)
            _save(base, answer, receipt)
        except KbError as exc:
            told["error"] = str(exc)
        print_json(told, line=True)
