"""Choose the answer among the spans of all passages, with one confidence for each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

from qa.calibration import FEATURES, AnswerFeatures, Calibration
from qa.errors import QaError
from qa.metrics import normalize_chinese, normalize_english
from qa.reader import Context, Span
from retrieval.analyzer import analyze, analyze_question
from retrieval.errors import ModelError
from retrieval.language import detect_language
from retrieval.manifest import MANIFEST, read_manifest

CALIBRATION_FILE = Path(__file__).parent / "model" / "calibration.json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands: which passage (its index), and its code points in the text."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible answer.

    :param places: where it stands, the best first; more than one when passages agree.
    :param confidence: probability that it is right, 0 to 1.
    :param features: what the confidence was made of.
    """

    text: str
    places: tuple[Place, ...]
    confidence: float
    features: AnswerFeatures


class _Said(NamedTuple):
    """A span of a passage and what it is worth in the ranking."""

    passage: int
    span: Span
    score: float


@dataclass(frozen=True)
class Scale:
    """What answers of one kind are worth.

    :param threshold: least confidence at which an answer counts.
    """

    calibration: Calibration
    threshold: float


@dataclass(frozen=True)
class Judge:
    """How spans are ranked across passages, and what their scores are worth.

    :param retrieval_weight: log-odds a unit of the retriever's score adds to a span in the ranking.
    :param retrieved: the scale of answers in passages that were searched for.
    :param given: that of answers in one passage known to be about the question, which the reader
        alone judges.
    :param reading_weight: what a unit of log-odds adds to a passage's place, see `qa.reranking`.
    """

    retrieval_weight: float
    retrieved: Scale
    given: Scale
    reading_weight: float = 0.0

    @classmethod
    def load(cls, path: Path = CALIBRATION_FILE) -> Self:
        """Read the parameters fitted for the bundled reader.

        :raises QaError: if the file is missing or damaged.
        """
        _check_hash(path)
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            retrieved, given = (
                Scale(Calibration.from_json(fields[kind]), float(fields[kind]["threshold"]))
                for kind in ("retrieved", "given")
            )
            return cls(
                retrieval_weight=float(fields["retrieval_weight"]),
                retrieved=retrieved,
                given=given,
                reading_weight=float(fields["reading_weight"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise QaError(f"cannot read the calibration {path}: {exc}") from exc

    @classmethod
    def uncalibrated(cls) -> Self:
        """Return the judge of a reader nobody fitted: its log-odds taken at their word."""
        calibration = Calibration(
            weights={name: float(name == "reader") for name in FEATURES},
            means=dict.fromkeys(FEATURES, 0.0),
            intercepts={"en": 0.0, "zh": 0.0},
        )
        return cls(0.0, Scale(calibration, 0.5), Scale(calibration, 0.5))

    def choose(
        self,
        question: str,
        passages: Sequence[Context],
        relevance: Sequence[float | None],
        readings: Sequence[Sequence[Span]],
        best: int = 5,
    ) -> list[Candidate]:
        """Return at most ``best`` different answers, best first.

        What passages in the question's language say and what others say are rated apart: the same
        answer in two languages is no rival of its own. The best of the question's language comes
        first if it counts, or is surer than the best of the others.

        :param relevance: the retriever's score of each passage, None if it was given or not fitted.
        :param readings: the spans the reader found in each passage.
        """
        language = detect_language(question)
        is_own = [detect_language(passage.text) == language for passage in passages]
        groups = self._grouped(passages, relevance, readings, is_own)
        scale = self.given if all(score is None for score in relevance) else self.retrieved
        words = frozenset(analyze_question(question))

        @cache
        def coverage(index: int) -> float | None:
            return _coverage(words, passages[index]) if is_own[index] else None

        def rated(group: list[_Said]) -> Candidate:
            index, span, score = group[0]
            rivals = (
                other[0].score
                for other in groups
                if other is not group and is_own[other[0].passage] == is_own[index]
            )
            rival = next(rivals, None)
            features = AnswerFeatures(
                language=language,
                reader=span.score,
                margin=None if rival is None else score - rival,
                retrieval=relevance[index],
                coverage=coverage(index),
            )
            return Candidate(
                text=passages[index].text[span.start : span.end],
                places=tuple(Place(at, each.start, each.end) for at, each, _ in group),
                confidence=scale.calibration.confidence(features),
                features=features,
            )

        own = next((group for group in groups if is_own[group[0].passage]), None)
        other = next((group for group in groups if not is_own[group[0].passage]), None)
        first = own or other
        if own and other:
            sure = rated(other).confidence
            first = own if rated(own).confidence >= min(scale.threshold, sure) else other
        groups.sort(key=lambda group: group is not first)
        return [rated(group) for group in groups[:best]]

    def _grouped(
        self,
        passages: Sequence[Context],
        relevance: Sequence[float | None],
        readings: Sequence[Sequence[Span]],
        is_own: Sequence[bool],
    ) -> list[list[_Said]]:
        """Return the spans in groups that say the same, best first.

        A group is led by its best place in the question's language, if it has one.
        """
        ranked = sorted(
            (
                (-self._rank(span, relevance[index]), index, span.start, span)
                for index, spans in enumerate(readings)
                for span in spans
            ),
            key=lambda entry: entry[:3],
        )
        groups: dict[str, list[_Said]] = {}
        for rank, index, _start, span in ranked:
            key = _same(passages[index].text[span.start : span.end])
            groups.setdefault(key, []).append(_Said(index, span, -rank))
        for group in groups.values():
            group.sort(key=lambda said: not is_own[said.passage])
        return sorted(groups.values(), key=lambda group: -group[0].score)

    def _rank(self, span: Span, score: float | None) -> float:
        return span.score + self.retrieval_weight * (score or 0.0)


def _check_hash(path: Path) -> None:
    """Compare a calibration with its hash, where a manifest beside it has one.

    :raises QaError: if it differs.
    """
    try:
        manifest = read_manifest(path.parent) if (path.parent / MANIFEST).exists() else None
        if manifest is not None and path.name in manifest.files:
            manifest.path(path.name)
    except ModelError as exc:
        raise QaError(str(exc)) from exc


def _coverage(words: frozenset[str], passage: Context) -> float | None:
    """Return the share of a question's index terms that a passage holds, None if it has none."""
    if not words:
        return None
    held = words.intersection(analyze(f"{passage.heading}\n{passage.text}"))
    return len(held) / len(words)


def _same(text: str) -> str:
    """Return what answers that say the same have in common."""
    return normalize_english(normalize_chinese(text)) or text
