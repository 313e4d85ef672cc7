"""The command about the notes' own questions and answers: faq."""

from __future__ import annotations

import click

from kb.cli.options import json_option, notes_option, open_base, print_json


@click.command()
@click.argument("words", default="")
@click.option("--review", is_flag=True, help="Only those whose source says something else by now.")
@notes_option
@json_option
def faq(words: str, review: bool, notes: str | None, as_json: bool) -> None:
    r"""List the questions that the notes ask and answer, with what became of their sources.

    WORDS, if given, must all stand in the question, the answer or the note's name.

    \b
    kb faq
    kb faq "learning rate"
    kb faq --review --json
    """
    from kb.curation.book import to_json

    with open_base(notes) as base:
        found = base.faq.entries(words, review=review)
    if as_json:
        print_json([to_json(entry) for entry in found])
        return
    for entry in found:
        mark = "review this: " if entry.to_review else ""
        click.echo(f"{mark}{entry.question}\n  {entry.citation.note}: {_line(entry.answer)}")
        if entry.to_review and entry.watched is not None:
            click.echo(f"  its source says now: {_line(entry.watched.now) or 'nothing of it'}")


def _line(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
