"""What a question and a search give back, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from retrieval.language import detect_language

Kind = Literal["extractive", "faq", "none"]


@dataclass(frozen=True, slots=True)
class Citation:
    """Where words of an answer stand; every offset counts code points.

    :param note: path of the note in the notes folder, with forward slashes.
    :param heading: the headings above the passage, "A › B"; empty above the first.
    :param start: start of the answer in the note's source.
    :param end: its end in the source.
    :param passage: clean text of the passage that holds the answer.
    :param passage_start: start of the passage in the source.
    :param passage_end: its end in the source.
    :param answer_start: start of the answer in ``passage``.
    :param answer_end: its end in ``passage``.
    """

    note: str
    title: str
    heading: str
    start: int
    end: int
    passage: str
    passage_start: int
    passage_end: int
    answer_start: int
    answer_end: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another answer; ``confidence`` is between 0 and 1."""

    text: str
    confidence: float
    citation: Citation


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage that was found; its citation's answer is the whole passage.

    :param score: of the fused ranking; higher is better.
    :param dense: cosine to the question, None if the vectors did not find it.
    :param lexical: BM25, None if the words did not find it.
    :param reader: log-odds of the best answer in it against none, None if it was not read.
    """

    citation: Citation
    score: float
    dense: float | None = None
    lexical: float | None = None
    reader: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question; ``text`` is None when ``kind`` is "none".

    :param confidence: between 0 and 1.
    :param nearest: the best passages, shown when there is no answer.
    :param asked_as: a follow-up's full words, if these were answered and not the question as typed.
    """

    question: str
    text: str | None
    kind: Kind
    confidence: float
    citations: tuple[Citation, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    nearest: tuple[Scored, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
    asked_as: str | None = None

    @property
    def is_across_languages(self) -> bool:
        """Whether the words that answer are in another language than the question."""
        if not self.citations:
            return False
        return detect_language(self.question) != detect_language(self.citations[0].passage)

    def __post_init__(self) -> None:
        if (self.text is None) != (self.kind == "none"):
            raise ValueError(f"kind is {self.kind!r} and text is {self.text!r}")


def to_json(value: Answer | Alternative | Scored | Citation) -> dict[str, Any]:
    """Return a value as JSON holds it: dicts, lists, strings and plain numbers."""
    if not isinstance(value, Answer):
        return asdict(value)
    return {
        "question": value.question,
        "answer": value.text,
        "kind": value.kind,
        "confidence": value.confidence,
        "citations": [asdict(citation) for citation in value.citations],
        "alternatives": [asdict(alternative) for alternative in value.alternatives],
        "nearest": [asdict(scored) for scored in value.nearest],
        "timings_ms": dict(value.timings_ms),
        "asked_as": value.asked_as,
    }


def from_json(data: Mapping[str, Any]) -> Answer:
    """Read what ``to_json`` made of an answer.

    :raises ValueError: if it is not an answer.
    """
    try:
        return Answer(
            question=data["question"],
            text=data["answer"],
            kind=data["kind"],
            confidence=data["confidence"],
            citations=tuple(Citation(**each) for each in data["citations"]),
            alternatives=tuple(Alternative(**_cited(each)) for each in data["alternatives"]),
            nearest=tuple(Scored(**_cited(each)) for each in data["nearest"]),
            timings_ms=dict(data["timings_ms"]),
            asked_as=data.get("asked_as"),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an answer: {error}") from error


def _cited(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "citation": Citation(**data["citation"])}
