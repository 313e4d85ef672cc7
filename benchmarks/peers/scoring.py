"""Figures of one peer on one set of questions; shares are percentages."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.peers.peer import Reply
from benchmarks.peers.sets import Question
from qa import metrics
from qa.evaluate import RIGHT_F1

Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A question, what a peer said to it, and the seconds that took."""

    question: Question
    reply: Reply
    seconds: float

    @property
    def f1(self) -> float:
        """Of the best span, shown or not."""
        return metrics.f1(self.reply.text or "", self.question.answers, self.question.language)

    @property
    def exact(self) -> float:
        """Whether the best span is an accepted one."""
        answers, language = self.question.answers, self.question.language
        return metrics.exact_match(self.reply.text or "", answers, language)

    @property
    def right(self) -> bool:
        """Whether the span counts as right, as in ``kb eval``."""
        return bool(self.question.answers) and self.f1 >= RIGHT_F1

    def to_json(self) -> dict[str, Any]:
        """Return what is kept of it."""
        return {
            "id": self.question.id,
            "text": self.reply.text,
            "shown": self.reply.shown,
            "score": self.reply.score,
            "note_right": self.reply.note in self.question.notes,
            "f1": round(self.f1, 3),
            "failed": self.reply.failed,
            "ms": round(1000 * self.seconds, 1),
        }


def score(rows: Sequence[Row], surest: int) -> Figures:
    """Return the figures; None is what a peer has nothing for.

    :param surest: how many of its surest spans to look at, so that peers with other thresholds, or
        none that fits, can be compared.
    """
    answerable = [row for row in rows if row.question.answers]
    unanswerable = [row for row in rows if not row.question.answers]
    spans = [row for row in rows if row.reply.text is not None]
    refuses = any(row.reply.shown is not None for row in rows)
    shown = [row for row in rows if row.reply.shown]
    scored = sorted(
        (row for row in spans if row.reply.score is not None),
        key=lambda row: -(row.reply.score or 0.0),
    )
    ms = [1000 * row.seconds for row in rows]
    return {
        "exact_match": _percent([row.exact for row in answerable]) if spans else None,
        "f1": _percent([row.f1 for row in answerable]) if spans else None,
        "note_first": _percent([row.reply.note in row.question.notes for row in answerable]),
        "recognised": _percent([not row.reply.shown for row in unanswerable]) if refuses else None,
        "shown": _percent([bool(row.reply.shown) for row in rows]) if refuses else None,
        "shown_precision": _percent([row.right for row in shown]),
        "surest_precision": _percent([row.right for row in scored[:surest]]),
        "failed": float(sum(row.reply.failed for row in rows)),
        "ms_median": round(statistics.median(ms), 1),
        "ms_p95": round(float(np.quantile(ms, 0.95)), 1),
    }


def _percent(values: Sequence[float]) -> float | None:
    return round(100 * float(np.mean(values)), 1) if values else None
