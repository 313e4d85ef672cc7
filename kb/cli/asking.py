"""Commands that ask the notes: search and ask."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from kb.cli import printing
from kb.cli.options import (
    folder_option,
    json_option,
    notes_option,
    open_base,
    print_json,
    scope_of,
    tag_option,
)
from kb.errors import KbError


@click.command()
@click.argument("query")
@click.option("-k", default=10, show_default=True, help="How many passages.")
@click.option("--rerank/--no-rerank", default=True, help="Let the reader order the first few.")
@tag_option
@folder_option
@notes_option
@json_option
def search(
    query: str,
    k: int,
    rerank: bool,
    tags: tuple[str, ...],
    folders: tuple[str, ...],
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
        found = base.search(query, k, scope_of(tags, folders), rerank=rerank)
    if as_json:
        print_json([asdict(scored) for scored in found])
    else:
        click.echo(printing.passages(found) or "nothing found")


@click.command()
@click.argument("question")
@tag_option
@folder_option
@click.option("--threshold", type=float, help="Least confidence of a shown answer, 0 to 1.")
@notes_option
@json_option
def ask(
    question: str,
    tags: tuple[str, ...],
    folders: tuple[str, ...],
    threshold: float | None,
    notes: str | None,
    as_json: bool,
) -> None:
    r"""Answer QUESTION with the notes' own words; - reads one question a line.

    Exits with 0 whether or not the notes hold an answer. With - every answer is one line of JSON.

    \b
    kb ask "What does softmax divide by?"
    kb ask 自注意力的公式是什么？ --json
    kb ask - < questions.txt
    """
    from kb.answer import to_json

    with open_base(notes, threshold=threshold) as base:
        scope = scope_of(tags, folders)
        if question == "-":
            _ask_lines(lambda line: to_json(base.ask(line, scope=scope)))
            return
        answer = base.ask(question, scope=scope)
    if as_json:
        print_json(to_json(answer))
    else:
        click.echo(printing.answer(answer))


def _ask_lines(ask_one: Callable[[str], dict[str, Any]]) -> None:
    """Answer each line of standard input; a line that cannot be asked gets its error instead."""
    for line in sys.stdin.buffer:
        if question := line.decode("utf-8", errors="replace").strip():
            try:
                answer = ask_one(question)
            except KbError as exc:
                answer = {"question": question, "error": str(exc)}
            print_json(answer, line=True)
            sys.stdout.flush()
