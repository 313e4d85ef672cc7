"""Fit answer ranking, confidence and threshold: ``python -m kb.measuring.calibrating HELD_OUT``.

HELD_OUT is a folder from ``python -m qa.holdout``: questions no model was trained on. They are
asked as ``kb ask`` would, over the paragraphs of their file; a part of the paragraphs is left out
of the notes, so that questions on them have no answer there, unless another paragraph gives the
same. All documents fit the parameters; the
figures written beside them are of five fits, each measured on the fifth of the documents it left
out (cross-validation, Stone 1974).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kb.errors import KbError
from kb.knowledge import KnowledgeBase
from kb.measuring.evaluation import write_notes
from kb.models import Models
from qa import metrics
from qa.answerer import CALIBRATION_FILE, Candidate, Judge, Scale
from qa.calibration import AnswerFeatures, Calibration, fit, threshold_for_precision
from qa.evaluate import RIGHT_F1, language_of, sample
from qa.loading import load_reader
from qa.reader import Context, Reader, Span
from qa.squad import Example, read_squad
from retrieval.manifest import record_file

PRECISION = 0.86
_WORST_LANGUAGE = 0.04  # how much less often right the answers of one language may be
_FOLDS = 5
READING_WEIGHT = 0.007  # by benchmarks/ranking.py, see docs/ranking.md
FILES = (
    "squad2_train",
    "nq_qed",
    "squadshifts_new_wiki",
    "cmrc2018_train",
    "drcd_dev",
    "drcd_test",
    "dureader_robust_dev",
)
_LEFT_OUT = 0.25
_WEIGHTS = (0.0, 10.0, 20.0, 40.0, 60.0, 80.0, 110.0, 150.0, 200.0)
_OWN_SHARE = 3  # reading one passage costs a fraction of searching and reading several


@dataclass(frozen=True, slots=True)
class Reading:
    """A question with all that was read for it; ``scores`` are None where that was given.

    ``left_out``: its own paragraph is not among the notes.
    """

    example: Example
    contexts: tuple[Context, ...]
    scores: tuple[float | None, ...]
    spans: tuple[tuple[Span, ...], ...]
    left_out: bool = False

    @property
    def is_answerable(self) -> bool:
        """Whether the notes are known to hold an answer."""
        return self.example.is_answerable and not self.left_out


def _fraction(text: str, salt: str) -> float:
    digest = hashlib.sha256(f"{salt} {text}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def read_own(examples: Iterable[Example], reader: Reader) -> list[Reading]:
    """Read each question on its own paragraph."""
    readings: list[Reading] = []
    for example in examples:
        context = Context("", example.context)
        spans = reader.read(example.question, [context])
        readings.append(Reading(example, (context,), (None,), tuple(map(tuple, spans))))
    return readings


def read_retrieved(
    examples: Sequence[Example], asked: Iterable[Example], reader: Reader
) -> list[Reading]:
    """Read each question on what is found for it; a quarter of the paragraphs is not there."""
    from kb.config import Settings

    there = [each for each in examples if _fraction(each.context, "left out") >= _LEFT_OUT]
    readings: list[Reading] = []
    with tempfile.TemporaryDirectory(prefix="kb-calibrating-") as folder:
        notes = write_notes(there, Path(folder))
        settings = Settings.load(folder)
        base = KnowledgeBase(Models(settings, reader=reader))
        base.index()
        for example in asked:
            found = base.search(example.question, settings.read, rerank=False)
            contexts = [
                Context(" › ".join(filter(None, (c.title, c.heading))), c.passage)
                for c in (scored.citation for scored in found)
            ]
            spans = reader.read(example.question, contexts)
            scores = tuple(scored.score for scored in found)
            read, left_out = tuple(map(tuple, spans)), example.context not in notes
            readings.append(Reading(example, tuple(contexts), scores, read, left_out))
        base.close()
    return readings


def best(judge: Judge, reading: Reading) -> Candidate | None:
    """Return the candidate a judge puts first."""
    found = judge.choose(
        reading.example.question, reading.contexts, reading.scores, reading.spans, best=1
    )
    return found[0] if found else None


def fit_weight(readings: Sequence[Reading]) -> float:
    """Return the weight of the retriever's score that makes the mean F1 of both languages best."""
    answerable = [each for each in readings if each.is_answerable]
    uncalibrated = Judge.uncalibrated()

    def mean_f1(weight: float) -> float:
        judge = replace(uncalibrated, retrieval_weight=weight)
        by_language: dict[str, list[float]] = {}
        for each in judged(judge, answerable):
            by_language.setdefault(each.features.language, []).append(each.f1)
        return float(np.mean([np.mean(scores) for scores in by_language.values()]))

    return max(_WEIGHTS, key=mean_f1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's best answer: its features and how well it agrees with the gold ones."""

    reading: Reading
    features: AnswerFeatures
    f1: float
    right: bool


def judged(judge: Judge, readings: Iterable[Reading]) -> list[Judged]:
    """Return the best answer to each question that has one."""
    rows: list[Judged] = []
    for reading in readings:
        top = best(judge, reading)
        if top is not None:
            gold = [answer for answer, _start in reading.example.answers]
            score = metrics.f1(top.text, gold, language_of(reading.example)) if gold else 0.0
            rows.append(Judged(reading, top.features, score, score >= RIGHT_F1))
    return rows


def fit_judge(readings: Sequence[Reading], precision: float) -> Judge:
    """Fit the ranking and both scales.

    :param precision: how often answers shown from retrieved passages are to be right, 0 to 1; of
        one language alone 0.04 less will do.
    """
    retrieved = [each for each in readings if not _is_given(each)]
    given = [each for each in readings if _is_given(each)]
    judge = replace(Judge.uncalibrated(), retrieval_weight=fit_weight(retrieved))
    rows = judged(judge, retrieved)
    calibration = fit([each.features for each in rows], [each.right for each in rows])
    judge = replace(judge, retrieved=Scale(calibration, _least(rows, calibration, precision)))
    return replace(judge, given=fit_given(judge, given))


def _least(rows: Sequence[Judged], calibration: Calibration, precision: float) -> float:
    """Return the threshold at which shown answers are right so often, in no language much less."""
    aims = {None: precision}
    aims |= {each.features.language: precision - _WORST_LANGUAGE for each in rows}
    thresholds: list[float] = []
    for language, aim in aims.items():
        of_language = [each for each in rows if language in (None, each.features.language)]
        confidences = [calibration.confidence(each.features) for each in of_language]
        right = [each.right for each in of_language]
        threshold = threshold_for_precision(confidences, right, aim)
        if threshold is None:
            raise KbError(f"no threshold makes {aim:.0%} of the shown answers right")
        thresholds.append(threshold)
    return round(max(thresholds), 3)


def fit_given(judge: Judge, readings: Sequence[Reading]) -> Scale:
    """Fit the scale of a passage's own questions; its threshold gives the best SQuAD 2.0 F1."""
    rows = judged(judge, readings)
    calibration = fit([each.features for each in rows], [each.right for each in rows])
    confidences = [calibration.confidence(each.features) for each in rows]
    # Chinese sets hold no unanswerable question: they would draw the threshold to nothing.
    asked = [
        (confidence, each)
        for confidence, each in zip(confidences, rows, strict=True)
        if each.features.language == "en"
    ]
    return Scale(calibration, round(best_threshold(asked), 3))


def best_threshold(rows: Sequence[tuple[float, Judged]]) -> float:
    """Return the confidence below which refusing makes the mean F1 best.

    Questions with and without an answer count half each, as they come in SQuAD 2.0's own test.
    """
    ordered = sorted(rows, key=lambda row: -row[0])
    answerable = np.array([each.reading.is_answerable for _, each in ordered])
    f1 = np.array([each.f1 for _, each in ordered])
    gains = np.where(answerable, f1 / max(1, answerable.sum()), -1 / max(1, (~answerable).sum()))
    return ordered[int(np.argmax(np.cumsum(gains)))][0]


def _is_given(reading: Reading) -> bool:
    return all(cosine is None for cosine in reading.scores)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said of a question: its answer's confidence, and whether that shows it."""

    reading: Reading
    confidence: float
    shown: bool
    right: bool


def verdicts(judge: Judge, readings: Iterable[Reading]) -> list[Verdict]:
    """Judge each question; one without any answer has confidence 0."""
    found: list[Verdict] = []
    for reading in readings:
        scale = judge.given if _is_given(reading) else judge.retrieved
        rows = judged(judge, [reading])
        confidence = scale.calibration.confidence(rows[0].features) if rows else 0.0
        shown = bool(rows) and confidence >= scale.threshold
        found.append(Verdict(reading, confidence, shown, bool(rows) and rows[0].right))
    return found


def measure(rows: Sequence[Verdict]) -> dict[str, float | int]:
    """Return how well confidence and threshold do."""
    shown = [row.right for row in rows if row.shown]
    answerable = [row for row in rows if row.reading.is_answerable or row.right]
    unanswerable = [row for row in rows if not (row.reading.is_answerable or row.right)]
    confidences, right = [row.confidence for row in rows], [row.right for row in rows]
    figures: dict[str, float | int] = {
        "questions": len(rows),
        "unanswerable": len(unanswerable),
        "right_percent": round(100 * sum(right) / max(1, len(answerable)), 1),
        "calibration_error": round(metrics.calibration_error(confidences, right), 4),
        "shown_percent": round(100 * len(shown) / len(rows), 1),
        "shown_precision_percent": round(100 * float(np.mean(shown)), 1) if shown else 0.0,
    }
    if unanswerable:
        refused = float(np.mean([not row.shown for row in unanswerable]))
        figures["unanswerable_recognised_percent"] = round(100 * refused, 1)
    return figures


def cross_validated(readings: Sequence[Reading], precision: float) -> list[Verdict]:
    """Judge each question by a fit on the documents of the other folds."""
    found: list[Verdict] = []
    folds = [
        int(_FOLDS * _fraction(each.example.title or each.example.context, "fold"))
        for each in readings
    ]
    for fold in range(_FOLDS):
        rest = [each for each, own in zip(readings, folds, strict=True) if own != fold]
        left = [each for each, own in zip(readings, folds, strict=True) if own == fold]
        found += verdicts(fit_judge(rest, precision), left)
    return found


def gather(folder: Path, limit: int, seed: int) -> list[Reading]:
    """Read ``limit`` questions of each file as retrieved, and more on their own paragraph."""
    reader = load_reader()
    readings: list[Reading] = []
    for name in FILES:
        examples = read_squad(folder / f"{name}.json")
        asked = sample(examples, limit, seed)
        readings += read_own(sample(examples, _OWN_SHARE * limit, seed), reader)
        readings += read_retrieved(examples, asked, reader)
        print(f"{name}: {len(asked)} questions read")  # noqa: T201
    return readings


def fitted(readings: Sequence[Reading], precision: float) -> dict[str, Any]:
    """Fit, measure by cross-validation; return all of it for the file."""
    judge = fit_judge(readings, precision)
    rows = cross_validated(readings, precision)
    figures: dict[str, Any] = {}
    for kind in ("given", "retrieved"):
        part = [row for row in rows if _is_given(row.reading) == (kind == "given")]
        for language in ("en", "zh"):
            asked = [row for row in part if language_of(row.reading.example) == language]
            figures[f"{kind}, {language}"] = measure(asked)
        answers = [(row.confidence, row.right) for row in part]
        points = metrics.risk_coverage(*zip(*answers, strict=True))
        figures[f"{kind}, risk at coverage"] = {
            str(share): round(next(each.risk for each in points if each.coverage >= share), 3)
            for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
        }
    return {
        "retrieval_weight": judge.retrieval_weight,
        "reading_weight": READING_WEIGHT,
        "retrieved": {
            **judge.retrieved.calibration.to_json(),
            "threshold": judge.retrieved.threshold,
        },
        "given": {**judge.given.calibration.to_json(), "threshold": judge.given.threshold},
        "fitted": {
            "reader": load_reader().fingerprint,
            "files": list(FILES),
            "questions": len(readings),
            "right_from_f1": RIGHT_F1,
            "shown_precision_aimed_at": precision,
            "cross_validated": figures,
        },
    }


def main() -> None:
    """Fit, measure, write the parameters."""
    parser = argparse.ArgumentParser(prog="python -m kb.measuring.calibrating", description=__doc__)
    parser.add_argument("held_out", type=Path, help="folder from `python -m qa.holdout`")
    parser.add_argument("--limit", type=int, default=130, help="questions a file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", type=float, default=PRECISION)
    options = parser.parse_args()
    readings = gather(options.held_out, options.limit, options.seed)
    text = json.dumps(fitted(readings, options.precision), indent=2, ensure_ascii=False)
    CALIBRATION_FILE.write_text(text + "\n", encoding="utf-8")
    record_file(CALIBRATION_FILE.parent, CALIBRATION_FILE.name)
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
