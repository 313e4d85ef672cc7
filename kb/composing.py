"""Make answers and their citations out of what was found and read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.answer import Alternative, Answer, Scored
from kb.catalog.rows import StoredPassage
from kb.citing import citation

if TYPE_CHECKING:
    from kb.faq import FaqEntry
    from qa.answerer import Candidate
    from retrieval.retriever import Hit

NEAREST = 5
Found = tuple["Hit", StoredPassage]


class Clock:
    """Milliseconds of each part of an answer."""

    def __init__(self) -> None:
        """Start."""
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Name the part that has just ended."""
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000, 1)
        self._last = now

    def timings(self) -> dict[str, float]:
        """Return the milliseconds of each part and their total."""
        return {**self._laps, "total": round((self._last - self._began) * 1000, 1)}


def scored(hit: Hit, passage: StoredPassage) -> Scored:
    """Return a passage as a search shows it."""
    whole = citation(passage, 0, len(passage.text))
    return Scored(whole, hit.score, hit.dense, hit.lexical)


def faq_answer(
    question: str,
    entry: FaqEntry,
    found: Sequence[Found],
    timings: dict[str, float],
) -> Answer:
    """Return the answer of a question that the notes ask themselves."""
    return Answer(
        question=question,
        text=entry.text,
        kind="faq",
        confidence=round(entry.confidence, 4),
        citations=(entry.citation,),
        nearest=tuple(scored(hit, passage) for hit, passage in found[:NEAREST]),
        timings_ms=timings,
    )


def answer(
    question: str,
    candidates: Sequence[Candidate],
    passages: Sequence[StoredPassage],
    nearest: tuple[Scored, ...],
    threshold: float,
    timings: dict[str, float],
) -> Answer:
    """Return the best candidate if it is sure enough, the others beside it."""
    cited = [
        [citation(passages[place.passage], place.start, place.end) for place in each.places]
        for each in candidates
    ]
    best = candidates[0] if candidates else None
    shown = best is not None and best.confidence >= threshold
    alternatives = [
        Alternative(each.text, round(each.confidence, 4), citations[0])
        for each, citations in zip(candidates, cited, strict=True)
    ]
    return Answer(
        question=question,
        text=best.text if best is not None and shown else None,
        kind="extractive" if shown else "none",
        confidence=round(best.confidence, 4) if best is not None else 0.0,
        citations=tuple(cited[0]) if shown else (),
        alternatives=tuple(alternatives[1:] if shown else alternatives),
        nearest=nearest,
        timings_ms=timings,
    )
