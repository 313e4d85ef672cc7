"""The command that looks over notes, index and machine: doctor."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from kb.cli.options import json_option, notes_option, open_base, print_json

if TYPE_CHECKING:
    from kb.doctor.finding import Finding

_MARKS = {"broken": "BROKEN", "advice": "advice", "fact": "ok"}


@click.command()
@click.option("--offline", is_flag=True, help="Prove that indexing and asking open no socket.")
@notes_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, offline: bool, notes: str | None, as_json: bool) -> None:
    r"""Look over notes, index, models and machine; change nothing.

    Finds dead links, duplicates, notes that nobody finds, answers at odds with each other, English
    and Chinese twins that drifted apart, a damaged or outdated index, damaged models, a full disk.
    With --offline it indexes and asks some notes while Python and the kernel watch for sockets.
    Exits with 1 if something is broken.

    \b
    kb doctor --notes ~/notes
    kb doctor --offline
    """
    from kb.doctor.examination import examine

    found: list[Finding] = []
    with open_base(notes) as base:
        tell = _tell if sys.stderr.isatty() and not as_json else _keep_quiet
        for finding in examine(base, offline=offline, tell=tell):
            found.append(finding)
            if not as_json:
                click.echo(_line(finding))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        counts = Counter(finding.level for finding in found)
        click.echo(f"{counts['broken']} broken, {counts['advice']} to look at")
    if any(finding.level == "broken" for finding in found):
        ctx.exit(1)


def _line(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.level]:<7} {finding.check}: {place}{finding.message}{remedy}"


def _tell(stage: str) -> None:
    click.echo(f"… {stage}", err=True)


def _keep_quiet(_stage: str) -> None:
    pass
