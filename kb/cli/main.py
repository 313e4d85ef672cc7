"""The command line: it parses, calls `KnowledgeBase`, and prints.

Exit status: 0 done (also when the notes hold no answer), 1 something failed, 2 wrong usage.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kb.cli import printing
from kb.errors import KbError

if TYPE_CHECKING:
    from kb.indexing.sync import IndexReport, Progress
    from kb.knowledge import KnowledgeBase
    from retrieval.scope import Scope


class _Group(click.Group):
    """Turns our own errors into one line on standard error and exit status 1."""

    def invoke(self, ctx: click.Context) -> object:
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


_notes = click.option(
    "--notes", "-n", metavar="DIR", help="Folder of the notes (default: $KB_NOTES or ./notes)."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_tag = click.option("--tag", "-t", "tags", multiple=True, help="Only notes with this tag.")
_folder = click.option("--folder", "-f", "folders", multiple=True, help="Only below this folder.")


@contextmanager
def _open(notes: str | None, **overrides: object) -> Generator[KnowledgeBase]:
    from kb.config import Settings
    from kb.knowledge import KnowledgeBase

    base = KnowledgeBase.open(Settings.load(notes, **overrides))
    try:
        yield base
    finally:
        base.close()


def _scope(tags: tuple[str, ...], folders: tuple[str, ...]) -> Scope:
    from retrieval.scope import Scope

    return Scope(tuple(tag.lstrip("#").lower() for tag in tags), folders)


def _print_json(value: object, *, line: bool = False) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=None if line else 2))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
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


@main.command()
@click.argument("folder", default="notes", type=click.Path(path_type=Path))
@_json
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
        _print_json({"folder": str(folder), "copied": copied})
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


@main.command()
@_notes
@_json
@click.option("--rebuild", is_flag=True, help="Derive everything anew, with new vectors.")
def index(notes: str | None, as_json: bool, rebuild: bool) -> None:
    r"""Index what changed in the notes since the last time.

    \b
    kb index
    kb index --notes ~/notes --rebuild
    """
    with _open(notes) as base:
        report = _index(base, rebuild=rebuild, quiet=as_json)
    if as_json:
        _print_json(asdict(report))
    else:
        click.echo(printing.report(report))


def _index(base: KnowledgeBase, *, rebuild: bool = False, quiet: bool = False) -> IndexReport:
    if quiet or not sys.stderr.isatty():
        return base.index(rebuild=rebuild)
    with printing.ProgressBar() as bar:

        def show(progress: Progress) -> None:
            bar.show(progress.stage, progress.done, progress.total)

        return base.index(rebuild=rebuild, progress=show)


@main.command()
@click.argument("source")
@click.option("--name", help="Path of the new note; needed when SOURCE is - .")
@click.option("--overwrite", is_flag=True, help="Replace notes of the same name.")
@_notes
@_json
def add(source: str, name: str | None, overwrite: bool, notes: str | None, as_json: bool) -> None:
    r"""Add SOURCE, a Markdown file, a folder of them or - for standard input, and index it.

    A note of the same name is never replaced without --overwrite.

    \b
    kb add attention.md
    kb add drafts/
    echo "# Adam" | kb add - --name training/adam.md
    """
    if source == "-" and not name:
        raise click.UsageError("standard input needs a name for the note: --name NOTE.md")
    with _open(notes) as base:
        from kb.notes.adding import add_source

        added = add_source(base, source, name, overwrite=overwrite)
        report = _index(base, quiet=as_json)
    if as_json:
        _print_json({"added": added, "index": asdict(report)})
    else:
        click.echo("\n".join([*(f"added {path}" for path in added), printing.report(report)]))


@main.command()
@click.argument("query")
@click.option("-k", default=10, show_default=True, help="How many passages.")
@click.option("--rerank/--no-rerank", default=True, help="Let the reader order the first few.")
@_tag
@_folder
@_notes
@_json
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
    with _open(notes) as base:
        found = base.search(query, k, _scope(tags, folders), rerank=rerank)
    if as_json:
        _print_json([asdict(scored) for scored in found])
    else:
        click.echo(printing.passages(found) or "nothing found")


@main.command()
@click.argument("question")
@_tag
@_folder
@click.option("--threshold", type=float, help="Least confidence of a shown answer, 0 to 1.")
@_notes
@_json
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

    with _open(notes, threshold=threshold) as base:
        scope = _scope(tags, folders)
        if question == "-":
            _ask_lines(lambda line: to_json(base.ask(line, scope=scope)))
            return
        answer = base.ask(question, scope=scope)
    if as_json:
        _print_json(to_json(answer))
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
            _print_json(answer, line=True)
            sys.stdout.flush()


@main.command()
@_notes
@_json
def status(notes: str | None, as_json: bool) -> None:
    r"""Say what is indexed, with which models, and what was left out.

    \b
    kb status --json
    """
    with _open(notes) as base:
        found = base.status()
    if as_json:
        _print_json(asdict(found))
    else:
        click.echo(printing.status(found))


@main.command()
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: 8501).")
@click.option("--browser/--no-browser", default=False, help="Open the page in a browser.")
@_notes
def serve(host: str | None, port: int | None, browser: bool, notes: str | None) -> None:
    r"""Index what changed, then serve the chat page on this machine.

    \b
    kb serve
    kb serve --notes ~/notes --port 8600
    """
    from kb.config import Settings
    from kb.pages import launch

    with _open(notes) as base:
        click.echo(printing.report(_index(base)), err=True)
    settings = Settings.load(notes, host=host, port=port)
    raise SystemExit(launch.run(settings, open_browser=browser))


@main.command("eval")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mode",
    type=click.Choice(["reader", "retriever", "end-to-end"]),
    default="reader",
    show_default=True,
)
@click.option("--limit", type=int, metavar="N", help="Only N questions, drawn at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draw.")
@click.option(
    "--language",
    type=click.Choice(["auto", "en", "zh"]),
    default="auto",
    show_default=True,
    help="Whose metric scores the answers.",
)
@click.option("--save", type=click.Path(path_type=Path), help="Keep the run for `kb compare`.")
@_notes
@_json
def evaluate(
    file: Path,
    mode: str,
    limit: int | None,
    seed: int,
    language: str,
    save: Path | None,
    notes: str | None,
    as_json: bool,
) -> None:
    r"""Measure the models on FILE, questions in the SQuAD format (SQuAD, XQuAD, CMRC 2018 …).

    Mode reader asks each question on its own paragraph; the others index all paragraphs of the
    file in a temporary folder and search or ask them.

    A .csv or .md FILE is a list of questions on your own notes, with the columns question, note and
    answer (the last two may be empty): it is searched or asked in the notes folder.

    \b
    kb eval questions.json --mode end-to-end --limit 500 --json
    kb eval my-questions.csv --mode end-to-end --notes ~/notes --save before.json
    """
    from kb.measuring.evaluation import evaluate_file, evaluate_own
    from kb.measuring.own_questions import SUFFIXES, read_own_questions
    from kb.measuring.runs import save_run

    if limit is not None and limit < 1:
        raise click.UsageError("--limit must be at least 1")
    own = read_own_questions(file) if file.suffix in SUFFIXES else None
    with printing.ProgressBar(enabled=sys.stderr.isatty() and not as_json) as bar:
        if own is not None:
            with _open(notes) as base:
                report = evaluate_own(base, own, mode, language, bar.show)
        else:
            report = evaluate_file(file, mode, limit, seed, language, bar.show)
    if save:
        save_run(save, report)
    del report["rows"]
    if as_json:
        _print_json(report)
    else:
        click.echo(printing.evaluation(report))


@main.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@_json
def compare(first: Path, second: Path, as_json: bool) -> None:
    r"""Say whether run SECOND differs from run FIRST by more than chance.

    Paired bootstrap over the questions that both runs of `kb eval --save` asked.

    \b
    kb compare before.json after.json
    """
    from kb.measuring.runs import compare_runs

    report = compare_runs(first, second)
    if as_json:
        _print_json(report)
    else:
        click.echo(printing.evaluation(report))


if __name__ == "__main__":
    main()
