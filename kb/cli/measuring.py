"""Commands that measure: eval and compare."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kb.cli import measured, printing
from kb.cli.options import json_option, notes_option, open_base, print_json


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mode",
    type=click.Choice(["reader", "retriever", "end-to-end"]),
    default=None,
    show_default="reader; end-to-end for a list",
    help="What is measured: reading, searching, or the whole way.",
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
@notes_option
@json_option
def evaluate(
    file: Path,
    mode: str | None,
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
            with open_base(notes) as base:
                report = evaluate_own(base, own, mode or "end-to-end", language, bar.show)
        else:
            report = evaluate_file(file, mode or "reader", limit, seed, language, bar.show)
    if save:
        save_run(save, report)
    del report["rows"]
    if as_json:
        print_json(report)
    else:
        click.echo(measured.evaluation(report))


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@json_option
def compare(first: Path, second: Path, as_json: bool) -> None:
    r"""Say whether run SECOND differs from run FIRST by more than chance.

    Paired bootstrap over the questions that both runs of `kb eval --save` asked.

    \b
    kb compare before.json after.json
    """
    from kb.measuring.runs import compare_runs

    report = compare_runs(first, second)
    if as_json:
        print_json(report)
    else:
        click.echo(measured.comparison(report))
