"""What the commands share: their options, the opening of a base, and how an error is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING

import click

from kb.cli import printing
from kb.errors import KbError
from kb.jsontext import dumps

if TYPE_CHECKING:
    from kb.indexing.sync import IndexReport, Progress
    from kb.indexing.workers import Workers
    from kb.knowledge import KnowledgeBase


class ErrorGroup(click.Group):
    """Turns our own errors into one line on standard error and exit status 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        from qa.errors import QaError
        from retrieval.errors import RetrievalError

        try:
            return super().invoke(ctx)
        except (KbError, QaError, RetrievalError) as exc:
            if ctx.params.get("debug"):
                raise
            click.echo(f"kb: {exc}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            # The reader of our output has left (`kb ask - | head`): nothing is wrong.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


notes_option = click.option(
    "--notes", "-n", metavar="DIR", help="Folder of the notes (default: $KB_NOTES or ./notes)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def scope_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --tag and --folder; it is called with the `scope` that they leave."""

    @click.option("--tag", "-t", "tags", multiple=True, help="Only notes with this tag.")
    @click.option("--folder", "-f", "folders", multiple=True, help="Only below this folder.")
    @wraps(command)
    def scoped(*, tags: tuple[str, ...], folders: tuple[str, ...], **others: object) -> None:
        from retrieval.scope import Scope

        command(scope=Scope(tuple(tag.lstrip("#").lower() for tag in tags), folders), **others)

    return scoped


@contextmanager
def open_base(notes: str | None, **overrides: object) -> Generator[KnowledgeBase]:
    """Open the base of a folder, with settings of this call, and close it at the end."""
    from kb.config import Settings
    from kb.knowledge import KnowledgeBase

    base = KnowledgeBase.open(Settings.load(notes, **overrides))
    try:
        yield base
    finally:
        base.close()


def print_json(value: object, *, line: bool = False) -> None:
    """Print JSON, on one line if asked."""
    click.echo(dumps(value, indent=None if line else 2))


def index_shown(
    base: KnowledgeBase,
    *,
    rebuild: bool = False,
    forget_missing: bool = False,
    quiet: bool = False,
    workers: Workers | None = None,
) -> IndexReport:
    """Index what changed, with a progress bar where a person looks on, until all is in place."""
    index = partial(base.index, rebuild=rebuild, forget_missing=forget_missing, workers=workers)
    report = _index_shown(index, quiet=quiet)
    base.settle()
    return report


def _index_shown(index: Callable[..., IndexReport], *, quiet: bool) -> IndexReport:
    if quiet or not sys.stderr.isatty():
        return index()
    with printing.ProgressBar() as bar:

        def show(progress: Progress) -> None:
            bar.show(progress.stage, progress.done, progress.total)

        return index(progress=show)
