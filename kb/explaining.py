"""Why a question got its answer: what search, reader and judge made of each passage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from kb.citing import citation
from kb.composing import Found

if TYPE_CHECKING:
    from kb.answer import Citation
    from kb.faq import FaqEntry
    from qa.answerer import Candidate
    from qa.reader import Span

Reason = Literal["unread", "no_answer", "unsure", "behind", "answers"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A passage that the search found, and what became of it.

    :param rank: its place in the search, from 1.
    :param citation: of the reader's best words in it; of the whole passage if it was not read.
    :param score: of the search, dense and lexical together.
    :param dense: cosine with the question, None if the vectors did not find it.
    :param lexical: BM25, None if the words did not find it.
    :param reader: log-odds of its best words against "no answer", None if it was not read.
    :param no_answer: the reader's probability that it holds no answer, against its best words.
    :param confidence: that these words are right, None if they were not among the best.
    :param reason: why it is or is not the answer.
    """

    rank: int
    citation: Citation
    score: float
    dense: float | None
    lexical: float | None
    reader: float | None
    no_answer: float | None
    confidence: float | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a question's answer was made of, as the notes are now.

    :param asked: the question in the words that were searched for.
    :param threshold: the least confidence at which an answer is shown.
    :param read: how many passages the reader read.
    :param entry: question of the notes that means the same, if its answer was given.
    :param passages: the likeliest first, then in the order of the search.
    """

    asked: str
    threshold: float
    read: int
    entry: str | None
    passages: tuple[Weighed, ...]


def explain(
    asked: str,
    found: Sequence[Found],
    readings: Sequence[Sequence[Span]],
    candidates: Sequence[Candidate],
    entry: FaqEntry | None,
    threshold: float,
) -> Explanation:
    """Say of every passage found what became of it."""
    sure: dict[int, float] = {}
    for each in candidates:
        for place in each.places:
            sure[place.passage] = max(sure.get(place.passage, 0.0), each.confidence)
    best = candidates[0].places[0].passage if candidates else -1
    weighed = [
        _weigh(at, found[at], readings[at] if at < len(readings) else None, sure.get(at))
        for at in range(len(found))
    ]
    passages = [
        _reasoned(each, threshold, is_best=at == best and entry is None)
        for at, each in enumerate(weighed)
    ]
    passages.sort(key=lambda each: (each.reason != "answers", -(each.confidence or 0), each.rank))
    told = entry.question if entry else None
    return Explanation(asked, threshold, len(readings), told, tuple(passages))


def _weigh(
    at: int, found: Found, spans: Sequence[Span] | None, confidence: float | None
) -> Weighed:
    hit, passage = found
    span = spans[0] if spans else None
    place = (span.start, span.end) if span else (0, len(passage.text))
    return Weighed(
        rank=at + 1,
        citation=citation(passage, *place),
        score=hit.score,
        dense=hit.dense,
        lexical=hit.lexical,
        reader=span.score if span else None,
        no_answer=1 / (1 + math.exp(min(span.score, 700.0))) if span else None,
        confidence=confidence,
        reason="unread" if spans is None else "behind",
    )


def _reasoned(each: Weighed, threshold: float, *, is_best: bool) -> Weighed:
    if each.reason == "unread":
        return each
    if each.reader is None or each.reader < 0:
        reason: Reason = "no_answer"
    elif (each.confidence or 0.0) < threshold:
        reason = "unsure"
    else:
        reason = "behind"
    if is_best and (each.confidence or 0.0) >= threshold:
        reason = "answers"
    return replace(each, reason=reason)
