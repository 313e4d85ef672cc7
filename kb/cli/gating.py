"""``kb index --gate``: shows what the golden questions say of a new index."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from kb.cli import printing
from kb.cli.options import print_json

if TYPE_CHECKING:
    from kb.golden.gate import GateReport
    from kb.knowledge import KnowledgeBase


def index_gated(base: KnowledgeBase, *, rebuild: bool, as_json: bool) -> int:
    """Index behind the gate, print what came of it and return the exit status."""
    with printing.ProgressBar(enabled=sys.stderr.isatty() and not as_json) as bar:
        report = base.index_gated(
            rebuild=rebuild, progress=lambda step: bar.show(step.stage, step.done, step.total)
        )
    if as_json:
        print_json({**asdict(report), "right": report.right})
    else:
        click.echo("\n".join(_lines(report)))
    return 0 if report.taken else 1


def _lines(report: GateReport) -> list[str]:
    count = len(report.outcomes)
    before = "no index before" if report.right_before is None else f"{report.right_before} before"
    score = f"golden questions: {report.right} of {count} right, {before}"
    lines = [f"broke: {each.question} → {each.got or 'no answer'}" for each in report.broke]
    if report.taken:
        return [*lines, score, printing.report(report.index)]
    return [*lines, f"{score}: the old index stays as it was"]
