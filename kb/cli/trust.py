"""Commands that check what was trusted: verify."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb.cli.options import json_option, notes_option, print_json

if TYPE_CHECKING:
    from kb.trust.verifying import Verdict


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@notes_option
@json_option
@click.pass_context
def verify(ctx: click.Context, file: Path, notes: str | None, as_json: bool) -> None:
    r"""Say of each receipt in FILE whether the notes still hold its words.

    valid: the same words at the same place; moved: the same words elsewhere, with the new place;
    changed: the note has them no more; gone: the note is missing and no other has them.
    Exits with 1 if any is changed or gone.

    \b
    kb ask "Who introduced the LSTM?" --receipt receipts.jsonl
    kb verify receipts.jsonl
    """
    from kb.config import Settings
    from kb.trust.receipts import read_receipts
    from kb.trust.verifying import HOLDS
    from kb.trust.verifying import verify as verify_receipts

    settings = Settings.load(notes)
    receipts = read_receipts(file)
    verdicts = verify_receipts(settings.notes, receipts, max_bytes=settings.max_note_bytes)
    if as_json:
        print_json([asdict(verdict) for verdict in verdicts])
    else:
        click.echo("\n".join(map(_line, verdicts)))
        counts = Counter(verdict.state for verdict in verdicts)
        click.echo(", ".join(f"{count} {state}" for state, count in counts.items()))
    if any(verdict.state not in HOLDS for verdict in verdicts):
        ctx.exit(1)


def _line(verdict: Verdict) -> str:
    receipt = verdict.receipt
    place = f"{receipt.note} [{receipt.start}–{receipt.end}]"
    if verdict.state == "moved":
        place += f" → {verdict.note} [{verdict.start}–{verdict.end}]"
    words = " ".join(receipt.answer.split())
    shown = words if len(words) <= 60 else f"{words[:59]}…"
    return f"{verdict.state:<8} {place} «{shown}» {receipt.question}"
