"""Fit answer ranking, confidence and threshold: ``python -m kb.measuring.calibrating HELD_OUT``.

HELD_OUT is a folder from ``python -m qa.holdout``: questions no model was trained on. They are
asked as ``kb ask`` would, over the paragraphs of their file; a part of the paragraphs is left out
of the notes, so that questions on them have no answer there. Half of the documents fit the
parameters, the other half measures them; the figures are written beside the parameters.
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
from qa import metrics
from qa.answerer import CALIBRATION_FILE, Candidate, Judge, Scale
from qa.calibration import AnswerFeatures, fit, threshold_for_precision
from qa.evaluate import RIGHT_F1, language_of, sample
from qa.reader import Context, Reader, Span, load_reader
from qa.squad import Example, read_squad

PRECISION = 0.8
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
_OWN_SHARE = 3  # reading one passage costs a fraction of searching and reading several


@dataclass(frozen=True, slots=True)
class Reading:
    """A question with all that was read for it; ``cosines`` are None where it was given."""

    example: Example
    contexts: tuple[Context, ...]
    cosines: tuple[float | None, ...]
    spans: tuple[tuple[Span, ...], ...]


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
        base = KnowledgeBase(settings, reader=reader)
        base.index()
        for example in asked:
            found = base.search(example.question, settings.read, rerank=False)
            contexts = [
                Context(" › ".join(filter(None, (c.title, c.heading))), c.passage)
                for c in (scored.citation for scored in found)
            ]
            spans = reader.read(example.question, contexts)
            known = example if example.context in notes else replace(example, answers=())
            cosines = tuple(scored.dense for scored in found)
            readings.append(Reading(known, tuple(contexts), cosines, tuple(map(tuple, spans))))
        base.close()
    return readings


def best(judge: Judge, reading: Reading) -> Candidate | None:
    """Return the candidate a judge puts first."""
    found = judge.choose(
        reading.example.question, reading.contexts, reading.cosines, reading.spans, best=1
    )
    return found[0] if found else None


def fit_weight(readings: Sequence[Reading]) -> float:
    """Return the smallest weight within one standard error of the most right answers.

    Source of the rule: Breiman et al., "Classification and Regression Trees" (1984). The paragraphs
    of a question file favour the retriever: each has one that fits, notes often have several.
    """
    answerable = [each for each in readings if each.example.is_answerable]
    uncalibrated = Judge.uncalibrated()

    def right(weight: float) -> int:
        judge = replace(uncalibrated, retrieval_weight=weight)
        return sum(each.right for each in judged(judge, answerable))

    weights = [0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 110.0, 150.0]
    counts = {weight: right(weight) for weight in weights}
    share = max(counts.values()) / len(answerable)
    error = float(np.sqrt(len(answerable) * share * (1 - share)))
    return min(weight for weight in weights if counts[weight] >= max(counts.values()) - error)


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

    :param precision: how often answers shown from retrieved passages are to be right, 0 to 1.
    """
    retrieved = [each for each in readings if not _is_given(each)]
    given = [each for each in readings if _is_given(each)]
    judge = replace(Judge.uncalibrated(), retrieval_weight=fit_weight(retrieved))
    rows = judged(judge, retrieved)
    calibration = fit([each.features for each in rows], [each.right for each in rows])
    confidences = [calibration.confidence(each.features) for each in rows]
    threshold = threshold_for_precision(confidences, [each.right for each in rows], precision)
    if threshold is None:
        raise KbError(f"no threshold makes {precision:.0%} of the shown answers right")
    judge = replace(judge, retrieved=Scale(calibration, round(threshold, 3)))
    return replace(judge, given=fit_given(judge, given))


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
    answerable = np.array([each.reading.example.is_answerable for _, each in ordered])
    f1 = np.array([each.f1 for _, each in ordered])
    gains = np.where(answerable, f1 / max(1, answerable.sum()), -1 / max(1, (~answerable).sum()))
    return ordered[int(np.argmax(np.cumsum(gains)))][0]


def _is_given(reading: Reading) -> bool:
    return all(cosine is None for cosine in reading.cosines)


def measure(judge: Judge, readings: Sequence[Reading]) -> dict[str, float | int]:
    """Return how well confidence and threshold do on questions of one kind."""
    scale = judge.given if _is_given(readings[0]) else judge.retrieved
    rows = judged(judge, readings)
    confidences = [scale.calibration.confidence(each.features) for each in rows]
    right = [each.right for each in rows]
    shown = [each.right for each, c in zip(rows, confidences, strict=True) if c >= scale.threshold]
    unanswerable = sum(not each.example.is_answerable for each in readings)
    answered = sum(
        not each.reading.example.is_answerable and confidence >= scale.threshold
        for each, confidence in zip(rows, confidences, strict=True)
    )
    figures: dict[str, float | int] = {
        "questions": len(readings),
        "unanswerable": unanswerable,
        "right_percent": round(100 * sum(right) / max(1, len(readings) - unanswerable), 1),
        "calibration_error": round(metrics.calibration_error(confidences, right), 4),
        "shown_percent": round(100 * len(shown) / len(readings), 1),
        "shown_precision_percent": round(100 * float(np.mean(shown)), 1) if shown else 0.0,
    }
    if unanswerable:
        share = round(100 * (1 - answered / unanswerable), 1)
        figures["unanswerable_recognised_percent"] = share
    return figures


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
    """Fit on half of the documents, measure on the other; return all of it for the file."""

    def in_half(reading: Reading) -> bool:
        return _fraction(reading.example.title or reading.example.context, "half") < 0.5

    fitting = [each for each in readings if in_half(each)]
    measuring = [each for each in readings if not in_half(each)]
    judge = fit_judge(fitting, precision)
    figures: dict[str, Any] = {}
    for name, part in (
        ("given", [each for each in measuring if _is_given(each)]),
        ("retrieved", [each for each in measuring if not _is_given(each)]),
    ):
        for language in ("en", "zh"):
            rows = [each for each in part if language_of(each.example) == language]
            figures[f"{name}, {language}"] = measure(judge, rows)
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
            "questions": len(fitting),
            "right_from_f1": RIGHT_F1,
            "shown_precision_aimed_at": precision,
            "measured_on_other_documents": figures,
        },
    }


def main() -> None:
    """Fit on half of the documents, measure on the other, write the parameters."""
    parser = argparse.ArgumentParser(prog="python -m kb.measuring.calibrating", description=__doc__)
    parser.add_argument("held_out", type=Path, help="folder from `python -m qa.holdout`")
    parser.add_argument("--limit", type=int, default=130, help="questions a file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", type=float, default=PRECISION)
    options = parser.parse_args()
    readings = gather(options.held_out, options.limit, options.seed)
    text = json.dumps(fitted(readings, options.precision), indent=2, ensure_ascii=False)
    CALIBRATION_FILE.write_text(text + "\n", encoding="utf-8")
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
