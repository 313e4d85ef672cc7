"""The key terms of a text: words and phrases that it repeats and that are rare elsewhere."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from retrieval import stop_words
from retrieval.analyzer import analyze

Frequencies = Callable[[Sequence[str]], dict[str, int]]
"""Gives the number of passages that hold each index term."""

_WORD = re.compile(r"[^\W\d_\u3400-\u9fff][^\W_\u3400-\u9fff]*(?:[-'’][^\W_\u3400-\u9fff]+)*")
_BREAK = re.compile(r"[^\w\s'’-]|\n")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")
# Longer repeats are phrases: found, so that no piece of one passes for a term, and not shown.
_LONGEST_HAN, _LONGEST_HAN_TERM = 10, 6
# A long text says its terms more often than twice.
_LONG_CHARS = 3000
# Particles and other words that begin or end no term.
_HAN_EDGES = frozenset(
    "的了是在和与或及也就都而被把对从到以为于中上下一个这那其之所有不会能可要很最更"
)
# What stands in a title or a heading counts as said so often more.
_HEADING_WEIGHT = 2


class Rarity:
    """How much a term tells, by the passages of the base that have it."""

    def __init__(self, frequencies: Frequencies, passages: int) -> None:
        self._frequencies = frequencies
        self._passages = passages
        self._known: dict[str, float] = {}

    def of(self, text: str) -> float:
        """Return the mean inverse document frequency of a word or phrase, at least 0."""
        terms = analyze(text)
        missing = [term for term in terms if term not in self._known]
        if missing:
            counts = self._frequencies(missing)
            for term in missing:
                found = counts.get(term, 0)
                self._known[term] = max(0.0, math.log((self._passages + 1) / (found + 1)))
        return sum(map(self._known.__getitem__, terms)) / len(terms) if terms else 0.0


def key_terms(
    texts: Sequence[str], headings: Sequence[str], rarity: Rarity, count: int = 8
) -> list[str]:
    """Return the terms of a text that tell most about it, best first.

    :param texts: the text in pieces; no term goes over the end of one.
    :param headings: its title and headings, which tell more.
    """
    counts, shown = Counter[str](), dict[str, Counter[str]]()
    for weight, pieces in ((1, texts), (_HEADING_WEIGHT, headings)):
        for piece in pieces:
            for found in (*_words(piece), *_han(piece)):
                counts[_key(found)] += weight
                shown.setdefault(_key(found), Counter())[found] += 1
    least = 3 if sum(map(len, texts)) > _LONG_CHARS else 2
    best = {key: shown[key].most_common(1)[0][0] for key, n in counts.items() if n >= least}
    parts = [key for key in _whole(counts, best) if _is_short(best[key])]
    scores = {
        key: counts[key] ** 0.75 * rarity.of(best[key]) * math.sqrt(_size(best[key]))
        for key in parts
    }
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    return [best[key] for key in ranked if scores[key] > 0][:count]


def _words(text: str) -> list[str]:
    """Return the words of a text and the pairs of neighbours among them."""
    found: list[str] = []
    for part in _BREAK.split(text):
        words = [match[0] for match in _WORD.finditer(part)]
        kept = ["" if _is_stop(word) else word for word in words]
        found += filter(None, kept)
        found += [f"{one} {two}" for one, two in itertools.pairwise(kept) if one and two]
    return found


def _han(text: str) -> list[str]:
    found: list[str] = []
    for match in _HAN.finditer(text):
        run = match[0]
        for size in range(2, min(_LONGEST_HAN, len(run)) + 1):
            pieces = (run[at : at + size] for at in range(len(run) - size + 1))
            found += [each for each in pieces if not _HAN_EDGES & {each[0], each[-1]}]
    return found


def _whole(counts: Counter[str], shown: dict[str, str]) -> list[str]:
    """Leave out what is hardly said but as a part of a longer term."""
    hidden: set[str] = set()
    for key, term in shown.items():
        inner = term.split(" ") if " " in term else _inner(term)
        for part in map(_key, inner):
            if part != key and counts[key] * 2 > counts[part]:
                hidden.add(part)
    return [key for key in shown if key not in hidden]


def _inner(term: str) -> list[str]:
    if not _HAN.fullmatch(term):
        return []
    sizes = range(2, len(term))
    return [term[at : at + size] for size in sizes for at in range(len(term) - size + 1)]


def _is_short(term: str) -> bool:
    return not _HAN.fullmatch(term) or len(term) <= _LONGEST_HAN_TERM


def _size(term: str) -> int:
    return len(term) - 1 if _HAN.fullmatch(term) else term.count(" ") + 1


@cache
def _key(term: str) -> str:
    return " ".join(analyze(term)) if not _HAN.fullmatch(term) else term


@cache
def _english() -> frozenset[str]:
    return frozenset(stop_words.ENGLISH.split())


def _is_stop(word: str) -> bool:
    return len(word) < 3 or word.lower() in _english()
