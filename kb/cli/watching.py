"""The command that keeps the index level with the notes while others change them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from kb.cli import printing
from kb.cli.options import notes_option, open_base
from kb.errors import KbError

if TYPE_CHECKING:
    from kb.knowledge import KnowledgeBase

_LOCK_SECONDS = 60.0


@click.command()
@notes_option
def watch(notes: str | None) -> None:
    r"""Index every change of the notes as it is saved, by whatever program, until Ctrl-C.

    A page that `kb serve` shows does the same by itself.

    \b
    kb watch
    kb watch --notes ~/notes
    """
    from kb.indexing.watching import changes

    with open_base(notes) as base:
        click.echo(f"watching {base.root}; end with Ctrl-C", err=True)
        stop = threading.Event()
        try:
            for _ in changes(base.root, stop):
                _index(base)
        except KeyboardInterrupt:
            stop.set()


def _index(base: KnowledgeBase) -> None:
    """Index, and say so if anything changed; what goes wrong is tried again at the next change."""
    try:
        report = base.index(timeout=_LOCK_SECONDS)
    except KbError as error:
        click.echo(f"kb: {error}", err=True)
        return
    if report.added or report.changed or report.renamed or report.removed or report.missing:
        click.echo(printing.report(report))
