"""Keep measured runs, and compare two: whether they differ by more than chance."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kb.errors import KbError
from kb.notes.writing import write_atomic
from qa import resampling

METRICS = ("exact_match", "f1", "right", "recall_at_1", "reciprocal_rank", "ndcg_at_10")


def save_run(file: Path, report: dict[str, Any]) -> None:
    """Write a report of ``kb eval`` with its row for each question, whole or not at all.

    :raises VaultError: if the file cannot be written.
    """
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomic(file, text + "\n", overwrite=True)


def compare_runs(first: Path, second: Path) -> dict[str, Any]:
    """Compare the questions that two saved runs share.

    :return: for each figure that both have: means, difference with its 95 % interval, p-value, and
        whether that is beyond chance.
    :raises KbError: if a file is no saved run, or they share no question.
    """
    one, other = _rows(first), _rows(second)
    shared = [key for key in one if key in other]
    if not shared:
        raise KbError(f"{first} and {second} have no question in common")
    report: dict[str, Any] = {
        "questions": len(shared),
        "only_in_first": len(one) - len(shared),
        "only_in_second": len(other) - len(shared),
    }
    for metric in METRICS:
        if not all(metric in one[key] and metric in other[key] for key in shared):
            continue
        before = [one[key][metric] for key in shared]
        after = [other[key][metric] for key in shared]
        found = resampling.compare(before, after)
        report[metric] = {
            "first": sum(before) / len(before),
            "second": sum(after) / len(after),
            "difference": asdict(found),
            "beyond_chance": found.beyond_chance,
        }
    return report


def _finite(value: Any) -> float:  # noqa: ANN401  what JSON held
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no figure")
    return number


def _rows(file: Path) -> dict[str, dict[str, float]]:
    try:
        rows: Any = json.loads(file.read_text(encoding="utf-8"))["rows"]
        return {
            str(key): {name: _finite(row[name]) for name in METRICS if name in row}
            for key, row in rows.items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
        raise KbError(f"{file} is no run that `kb eval --save` wrote: {exc}") from exc
