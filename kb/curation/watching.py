"""Says of a pinned entry whether its source still holds the words, and what it says instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from kb.curation.pins import Pin, State
from kb.errors import KbError
from kb.passages.sentences import sentence_spans
from retrieval.analyzer import analyze

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARAGRAPH = re.compile(r"\S(?:(?!\n[ \t]*\r?\n)[\s\S])*")
# A part of the source shares at least so much with the answer (F1 of their terms), or none does.
LIKENESS = 0.3
_MOST_PARTS = 5000


@dataclass(frozen=True, slots=True)
class Watched:
    """What became of the words that an entry is pinned to.

    :param pin: pinned to the place where the same words stand now, or to what stands instead;
        None if nothing like them is left.
    :param now: what stands there.
    """

    state: State
    pin: Pin | None
    now: str

    @property
    def to_review(self) -> bool:
        """Whether a person should look at the entry."""
        return self.state in ("changed", "gone")


def watch(
    pin: Pin, answer: str, read: Callable[[str], str], others: Callable[[], Iterable[str]]
) -> Watched:
    """Look at the source of an entry.

    :param answer: of the entry: what its source says instead is what is likest to it.
    :param read: gives the source of a note; raises `KbError` if it cannot.
    :param others: the paths of all notes, if the pinned one is no more.
    """
    try:
        source = read(pin.note)
    except KbError:
        return _elsewhere(pin, read, others())
    if (place := pin.place(source)) is not None:
        state: State = "same" if place[0] == pin.start else "moved"
        return _at(state, pin.note, source, place)
    likest = _likest(source, answer)
    return _at("changed", pin.note, source, likest) if likest else Watched("changed", None, "")


def _at(state: State, note: str, source: str, place: tuple[int, int]) -> Watched:
    return Watched(state, Pin.of(note, source, *place), source[slice(*place)])


def _elsewhere(pin: Pin, read: Callable[[str], str], others: Iterable[str]) -> Watched:
    """Find the words in a note of another name."""
    for path in others:
        try:
            source = read(path)
        except KbError:
            continue
        if (place := pin.place(source)) is not None:
            return _at("moved", path, source, place)
    return Watched("gone", None, "")


def _likest(source: str, answer: str) -> tuple[int, int] | None:
    """Return the paragraph or sentence that shares most with an answer."""
    wanted = Counter(analyze(answer))
    best: tuple[float, tuple[int, int]] | None = None
    for low, high in islice(_parts(source), _MOST_PARTS):
        terms = Counter(analyze(source[low:high]))
        score = 2 * (terms & wanted).total() / max(1, terms.total() + wanted.total())
        if score >= LIKENESS and (best is None or score > best[0]):
            best = score, (low, high)
    return best[1] if best else None


def _parts(source: str) -> Iterator[tuple[int, int]]:
    """Yield each paragraph and each of its sentences, without the white space around them."""
    for paragraph in _PARAGRAPH.finditer(source):
        spans = sentence_spans(paragraph[0])
        for low, high in [(0, len(paragraph[0])), *(spans if len(spans) > 1 else [])]:
            words = paragraph[0][low:high]
            start = paragraph.start() + low + len(words) - len(words.lstrip())
            end = start + len(words.strip())
            if start < end:
                yield start, end
