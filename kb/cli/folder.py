"""Commands that fill and index the folder: init, index, add, status."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb.cli import printing
from kb.cli.options import index_shown, json_option, notes_option, open_base, print_json
from kb.errors import KbError

if TYPE_CHECKING:
    from kb.indexing.workers import Workers
    from kb.knowledge import KnowledgeBase


@click.command()
@click.argument("folder", default="notes", type=click.Path(path_type=Path))
@json_option
def init(folder: Path, as_json: bool) -> None:
    r"""Copy the starter notes into FOLDER (default: ./notes), unless it has notes already.

    \b
    kb init
    kb init ~/notes
    """
    copied: list[str] = []
    if not _has_notes(folder):
        copied = _copy_starter(folder)
    if as_json:
        print_json({"folder": str(folder), "copied": copied})
    elif copied:
        click.echo(f"{len(copied)} starter notes are in {folder}; next: kb index --notes {folder}")
    else:
        click.echo(f"{folder} has notes already; nothing was copied")


def _has_notes(folder: Path) -> bool:
    from kb.notes.vault import scan

    return folder.exists() and bool(scan(folder).files)


def _copy_starter(folder: Path) -> list[str]:
    copied: list[str] = []
    with resources.as_file(resources.files("kb") / "starter") as starter:
        for source in sorted(starter.rglob("*.md")):
            target = folder / source.relative_to(starter)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file, source.open("rb") as text:
                    shutil.copyfileobj(text, file)
            except OSError as exc:
                raise KbError(f"cannot write {target}: {exc.strerror}") from exc
            copied.append(target.relative_to(folder).as_posix())
    return copied


@click.command()
@notes_option
@json_option
@click.option("--rebuild", is_flag=True, help="Derive everything anew, with new vectors.")
@click.option(
    "--forget-missing", is_flag=True, help="Drop notes that vanished, however many at once."
)
@click.option("--gate", is_flag=True, help="Keep the old index if golden questions break.")
@click.option(
    "--ray",
    "ray_address",
    metavar="ADDRESS",
    help="Read, split and embed on a Ray cluster: HOST:PORT, or local.",
)
@click.pass_context
def index(
    ctx: click.Context,
    notes: str | None,
    as_json: bool,
    rebuild: bool,
    forget_missing: bool,
    gate: bool,
    ray_address: str | None,
) -> None:
    r"""Index what changed in the notes since the last time.

    When most notes are gone from the folder at once, they stay in the index until
    --forget-missing says that it is meant so.

    With --gate the new index is made beside the old one and takes its place only if it answers as
    many of the golden questions (golden.md) rightly; else the old one stays and the exit status
    is 1.

    With --ray the machines of a Ray cluster, which must see the folder under the same path, do
    what takes long; this process stores it. What a run that was stopped had embedded is kept.

    \b
    kb index
    kb index --notes ~/notes --rebuild
    kb index --gate
    kb index --ray local
    """
    if gate and ray_address:
        raise click.UsageError("--gate indexes here: leave out --ray")
    with open_base(notes) as base, _workers(base, ray_address) as workers:
        if gate:
            from kb.cli.gating import index_gated

            ctx.exit(index_gated(base, rebuild=rebuild, as_json=as_json))
        report = index_shown(
            base,
            rebuild=rebuild,
            forget_missing=forget_missing,
            quiet=as_json,
            workers=workers,
        )
    if as_json:
        print_json(asdict(report))
    else:
        click.echo(printing.report(report))


@contextmanager
def _workers(base: KnowledgeBase, address: str | None) -> Generator[Workers | None]:
    """Connect to a Ray cluster for the time of one command, if one is named."""
    if address is None:
        yield None
        return
    from kb.distributed.opening import open_workers

    with open_workers(address, base.settings) as workers:
        yield workers


@click.command()
@click.argument("source")
@click.option("--name", help="Path of the new note (needed for -); of a folder or zip, its folder.")
@click.option("--overwrite", is_flag=True, help="Replace notes of the same name.")
@notes_option
@json_option
def add(source: str, name: str | None, overwrite: bool, notes: str | None, as_json: bool) -> None:
    r"""Add SOURCE as notes, and index them: all of it, or when something is wrong nothing.

    SOURCE is Markdown, text, PDF, DOCX or HTML (the last three need the extra `convert`), a zip or
    a folder of such files, or - for Markdown on standard input. A note of the same name is never
    replaced without --overwrite.

    \b
    kb add attention.md
    kb add paper.pdf --name papers/attention.md
    kb add drafts/
    kb add vault.zip --name imported
    echo "# Adam" | kb add - --name training/adam.md
    """
    if source == "-" and not name:
        raise click.UsageError("standard input needs a name for the note: --name NOTE.md")
    with open_base(notes) as base:
        from kb.notes.adding import add_source

        added = add_source(base.editing, source, name, overwrite=overwrite)
        report = index_shown(base, quiet=as_json)
    if as_json:
        print_json({**asdict(added), "added": added.paths, "index": asdict(report)})
    else:
        lines = [*(f"added {path}" for path in added.paths)]
        lines += [f"left out {path}: no note" for path in added.left_out]
        click.echo("\n".join([*lines, printing.report(report)]))


@click.command()
@notes_option
@json_option
def status(notes: str | None, as_json: bool) -> None:
    r"""Say what is indexed, with which models, and what was left out.

    \b
    kb status --json
    """
    with open_base(notes) as base:
        found = base.status()
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(printing.status(found))
