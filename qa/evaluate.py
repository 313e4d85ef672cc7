"""Measure answers on questions in the SQuAD format, as ``kb eval`` reports them.

Shares are percentages, 0–100; the calibration error and the mean reciprocal rank are 0–1. What a
mode does not measure is absent. ``interval_95`` holds the ends of 95 % bootstrap intervals.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qa import metrics, resampling
from qa.reader import Context, Reader, Span
from qa.squad import Example
from retrieval.language import Language, detect_language

RIGHT_F1 = 0.5
"""An answer counts as right, for precision and calibration, from this F1 with a gold answer on."""

RANKS = (1, 5, 20)
NDCG_DEPTH = 10
_CURVE_POINTS = 20

Confidence = Callable[[Example, Sequence[Span]], float]
"""Turns the spans read in an example's paragraph, best first, into the best one's confidence."""

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The best answer found to a question, whether or not its confidence would show it."""

    example: Example
    text: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class RankRow:
    """Where the question's own paragraph came among those retrieved, from 1; None: not at all."""

    example: Example
    rank: int | None


@dataclass(frozen=True, slots=True)
class _Scored:
    """A question with its answers' scores, 0 to 1: of the prediction counted, and of the best."""

    id: str
    answerable: bool
    answered: bool
    exact_match: float
    f1: float
    found: bool
    confidence: float
    right: bool


def sample(examples: Sequence[Example], limit: int | None, seed: int = 0) -> list[Example]:
    """Draw ``limit`` examples (all if None), kept in file order.

    :raises ValueError: if ``limit`` is below 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    if limit is None or limit >= len(examples):
        return list(examples)
    places = random.Random(seed).sample(range(len(examples)), limit)
    return [examples[place] for place in sorted(places)]


def language_of(example: Example, language: Language | Literal["auto"] = "auto") -> Language:
    """Return the language whose metric scores the example."""
    if language != "auto":
        return language
    return detect_language(f"{example.question}\n{example.context}")


def evaluate_answers(
    rows: Sequence[AnswerRow],
    *,
    shown_from: float,
    answered_from: float | None = None,
    language: Language | Literal["auto"] = "auto",
) -> Report:
    """Score answers: all together, answerable and unanswerable ones, and for each language.

    ``exact_match`` and ``f1`` take an answer below ``answered_from`` as no answer. That is
    ``shown_from`` if not given; but where every question has an answer, as in SQuAD 1.1 and CMRC,
    the best answer always counts, as their scripts expect one.

    :param shown_from: the confidence from which the product shows an answer, 0 to 1.
    :raises ValueError: if there are no rows.
    """
    if not rows:
        raise ValueError("nothing to evaluate: no questions")
    if answered_from is None:
        all_answerable = all(row.example.is_answerable for row in rows)
        answered_from = 0.0 if all_answerable else shown_from
    by_language: dict[str, list[_Scored]] = {}
    for row in rows:
        tongue = language_of(row.example, language)
        by_language.setdefault(tongue, []).append(_score(row, answered_from, tongue))
    every = [scored for part in by_language.values() for scored in part]
    report = _summary(every, shown_from)
    report["languages"] = {
        tongue: _summary(by_language[tongue], shown_from) for tongue in sorted(by_language)
    }
    report["rows"] = {
        row.id: {
            "exact_match": row.exact_match,
            "f1": row.f1,
            "confidence": row.confidence,
            "right": row.right,
        }
        for row in every
    }
    return report


def _score(row: AnswerRow, answered_from: float, language: Language) -> _Scored:
    gold = [text for text, _start in row.example.answers]
    found = row.text or ""
    counted = found if row.confidence >= answered_from else ""
    best_f1 = metrics.f1(found, gold, language)
    return _Scored(
        id=row.example.id,
        answerable=row.example.is_answerable,
        answered=bool(counted),
        exact_match=metrics.exact_match(counted, gold, language),
        f1=best_f1 if counted == found else metrics.f1(counted, gold, language),
        found=bool(found),
        confidence=row.confidence,
        right=row.example.is_answerable and best_f1 >= RIGHT_F1,
    )


def _summary(rows: Sequence[_Scored], shown_from: float) -> Report:
    report: Report = {
        "questions": len(rows),
        **_agreement(rows),
        "interval_95": {
            "exact_match": _interval([row.exact_match for row in rows]),
            "f1": _interval([row.f1 for row in rows]),
        },
    }
    answerable = [row for row in rows if row.answerable]
    unanswerable = [row for row in rows if not row.answerable]
    if answerable:
        report["answerable"] = {"n": len(answerable), **_agreement(answerable)}
    if unanswerable:
        refused = [row for row in rows if not row.answered]
        report["unanswerable"] = {
            "n": len(unanswerable),
            "recognised": _percent([not row.answered for row in unanswerable]),
        }
        if refused:
            report["unanswerable"]["precision"] = _percent([not row.answerable for row in refused])
    found = [row for row in rows if row.found]
    shown = [row for row in found if row.confidence >= shown_from]
    report["shown"] = {"share": 100 * len(shown) / len(rows), "threshold": shown_from}
    if shown:
        report["shown"]["precision"] = _percent([row.right for row in shown])
    if found:
        confidences = [row.confidence for row in found]
        error = metrics.calibration_error(confidences, [row.right for row in found])
        report["calibration_error"] = error
        report["risk_coverage"] = _curve(confidences, [row.right for row in found])
    return report


def _curve(confidences: Sequence[float], right: Sequence[bool]) -> list[list[float]]:
    """Return at most 20 points (threshold, share answered, share of those wrong), surest first."""
    points = metrics.risk_coverage(confidences, right)
    chosen = np.unique(np.linspace(0, len(points) - 1, _CURVE_POINTS).round().astype(int))
    return [
        [round(points[at].threshold, 4), round(points[at].coverage, 4), round(points[at].risk, 4)]
        for at in chosen
    ]


def _interval(values: Sequence[float]) -> list[float]:
    low, high = resampling.interval(values)
    return [100 * low, 100 * high]


def _agreement(rows: Sequence[_Scored]) -> dict[str, float]:
    return {
        "exact_match": _percent([row.exact_match for row in rows]),
        "f1": _percent([row.f1 for row in rows]),
    }


def _percent(values: Sequence[float]) -> float:
    return 100 * float(np.mean(values))


def evaluate_retrieval(
    rows: Sequence[RankRow], *, language: Language | Literal["auto"] = "auto"
) -> Report:
    """Score rankings by recall of the question's own paragraph and by mean reciprocal rank.

    :raises ValueError: if there are no rows.
    """
    if not rows:
        raise ValueError("nothing to evaluate: no questions")
    by_language: dict[str, list[RankRow]] = {}
    for row in rows:
        by_language.setdefault(language_of(row.example, language), []).append(row)
    report = _ranking(rows)
    report["languages"] = {tongue: _ranking(by_language[tongue]) for tongue in sorted(by_language)}
    ranks = _ranks(rows)
    report["rows"] = {
        row.example.id: {
            "recall_at_1": float(rank == 1),
            "reciprocal_rank": float(1 / rank),
            "ndcg_at_10": float(gain),
        }
        for row, rank, gain in zip(rows, ranks, _gains(ranks), strict=True)
    }
    return report


def _ranking(rows: Sequence[RankRow]) -> Report:
    ranks = _ranks(rows)
    gains = _gains(ranks)
    return {
        "questions": len(rows),
        "recall_at": {str(rank): 100 * float(np.mean(ranks <= rank)) for rank in RANKS},
        "mrr": float(np.mean(1 / ranks)),
        "ndcg_at_10": float(np.mean(gains)),
        "interval_95": {
            **{f"recall_at_{rank}": _interval((ranks <= rank).tolist()) for rank in RANKS},
            "mrr": list(resampling.interval(1 / ranks)),
            "ndcg_at_10": list(resampling.interval(gains)),
        },
    }


def _ranks(rows: Sequence[RankRow]) -> NDArray[np.float64]:
    return np.array([np.inf if row.rank is None else row.rank for row in rows])


def _gains(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nDCG of each ranking.

    One paragraph is right: its gain over an ideal of 1 is its discount (Järvelin and Kekäläinen
    2002).
    """
    return np.where(ranks <= NDCG_DEPTH, 1 / np.log2(1 + ranks), 0.0)


def read_examples(
    reader: Reader,
    examples: Sequence[Example],
    confidence: Confidence,
    progress: Callable[[int, int], None] | None = None,
) -> list[AnswerRow]:
    """Ask each question of its own paragraph.

    :param progress: called with (questions done, questions in all) after each.
    """
    rows: list[AnswerRow] = []
    for done, example in enumerate(examples, start=1):
        [spans] = reader.read(example.question, [Context("", example.context)])
        text = example.context[spans[0].start : spans[0].end] if spans else None
        rows.append(AnswerRow(example, text, confidence(example, spans) if spans else 0.0))
        if progress is not None:
            progress(done, len(examples))
    return rows


def evaluate_reader(
    reader: Reader,
    examples: Sequence[Example],
    confidence: Confidence,
    *,
    shown_from: float,
    answered_from: float | None = None,
    language: Language | Literal["auto"] = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Score a reader on questions asked of their own paragraphs; see ``evaluate_answers``."""
    began = time.perf_counter()
    rows = read_examples(reader, examples, confidence, progress)
    seconds = time.perf_counter() - began
    scores = evaluate_answers(
        rows, shown_from=shown_from, answered_from=answered_from, language=language
    )
    return timed("reader", scores, seconds)


def timed(mode: str, scores: Mapping[str, Any], seconds: float) -> Report:
    """Return the scores with their mode in front, and behind them how long answering took."""
    speed = scores["questions"] / max(seconds, 1e-9)
    return {"mode": mode, **scores, "seconds": seconds, "questions_per_second": speed}
