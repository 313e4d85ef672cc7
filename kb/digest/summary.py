"""Chooses the sentences of a note that say most of what it says, as they stand."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.catalog.rows import StoredPassage
from kb.digest.terms import Rarity
from kb.passages.sentences import sentence_spans
from retrieval.analyzer import analyze_question

_END = re.compile(r"[.!。！][\"'”’」』）)]*\s*\Z")
_MARK = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_LEAST_TERMS, _MOST_TERMS = 4, 60
_FIRST = 1.3
# Two sentences that share more of their terms say the same.
_SAME = 0.5


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it stands in the source of its note, from ``start`` to ``end``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    sentence: Sentence
    terms: frozenset[str]
    order: int
    score: float


def summarize(
    passages: Sequence[StoredPassage],
    vectors: NDArray[np.float32],
    rarity: Rarity,
    count: int = 3,
) -> list[Sentence]:
    """Return the sentences that say most, in their order in the note.

    Those with many of the note's own terms count, more so in passages near its middle in meaning.

    :param vectors: of the passages, unit length, shape ``(len(passages), dimension)``.
    """
    weights = centrality(vectors)
    tally = Counter(term for each in passages for term in analyze_question(each.text))
    weight_of = {term: math.log1p(n) * rarity.of(term) for term, n in tally.items()}
    found = [
        candidate
        for passage, weight in zip(passages, weights, strict=True)
        for candidate in _candidates(passage, float(weight), weight_of)
    ]
    chosen: list[_Candidate] = []
    for each in sorted(found, key=lambda candidate: (-candidate.score, candidate.order)):
        if len(chosen) < count and all(_overlap(each, other) <= _SAME for other in chosen):
            chosen.append(each)
    return [each.sentence for each in sorted(chosen, key=lambda each: each.order)]


def centrality(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine of each unit vector with the middle of all, shape ``(n,)``."""
    middle = vectors.mean(axis=0) if len(vectors) else vectors.sum(axis=0)
    length = float(np.linalg.norm(middle))
    return vectors @ (middle / length) if length else np.ones(len(vectors), np.float32)


def _candidates(
    passage: StoredPassage, weight: float, weight_of: dict[str, float]
) -> list[_Candidate]:
    found: list[_Candidate] = []
    places = passage.source_map
    for low, high in sentence_spans(passage.text):
        mark = _MARK.match(passage.text, low, high)
        low = mark.end() if mark else low
        text = passage.text[low:high].rstrip()
        terms = frozenset(analyze_question(text)) if _is_prose(text) else frozenset[str]()
        if not _LEAST_TERMS <= len(terms) <= _MOST_TERMS:
            continue
        start, end = places.to_source(low, low + len(text))
        score = weight * sum(weight_of.get(term, 0.0) for term in terms) / math.sqrt(len(terms))
        first = passage.ordinal == 0 and low == (mark.end() if mark else 0)
        found.append(
            _Candidate(Sentence(text, start, end), terms, start, score * (_FIRST if first else 1))
        )
    return found


def _is_prose(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    return bool(_END.search(text)) and " | " not in text and letters * 10 > len(text) * 6


def _overlap(one: _Candidate, other: _Candidate) -> float:
    return len(one.terms & other.terms) / min(len(one.terms), len(other.terms))
