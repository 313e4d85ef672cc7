"""Pins an entry to the words that it was taken from, so that their change is noticed.

A pin stands in the note, in an HTML comment that no reader of the note sees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from kb.storage.text import sha256_hex

# Enough of the words to find where they may have moved to.
_BEGIN_CHARS = 24
# A text that repeats its words more often than this is searched no further.
_MOST_PLACES = 1000
_COMMENT = re.compile(r"<!-- kb:source (\{[^\r\n]*\}) -->")

State = Literal["same", "moved", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Pin:
    """Words of a note; offsets count code points of its source.

    :param begins: the first of the words.
    :param sha256: of all of them.
    """

    note: str
    start: int
    end: int
    begins: str
    sha256: str

    @classmethod
    def of(cls, note: str, source: str, start: int, end: int) -> Pin:
        """Pin the words at a place of a note.

        :raises ValueError: if there are none.
        """
        words = source[start:end]
        if not words or start < 0:
            raise ValueError(f"{start}–{end} is no place in {note}")
        return cls(note, start, end, words[:_BEGIN_CHARS], sha256_hex(words))

    def place(self, source: str) -> tuple[int, int] | None:
        """Return where the words stand in a source, nearest to where they stood."""
        places = sorted(self._places(source), key=lambda start: abs(start - self.start))
        return (places[0], places[0] + self.end - self.start) if places else None

    def comment(self) -> str:
        """Return the comment that stands for the pin in a note."""
        # Two hyphens could end the comment.
        data = json.dumps(asdict(self), ensure_ascii=False).replace("--", "-\\u002d")
        return f"<!-- kb:source {data} -->"

    def _places(self, source: str) -> Iterator[int]:
        length, start = self.end - self.start, -1
        for _ in range(_MOST_PLACES):
            start = source.find(self.begins, start + 1)
            if start < 0:
                return
            if sha256_hex(source[start : start + length]) == self.sha256:
                yield start


def read_pin(text: str) -> tuple[Pin, int, int] | None:
    """Return the last pin in a text and the place of its comment; what is no pin is none."""
    comment = next(iter(list(_COMMENT.finditer(text))[-1:]), None)
    if comment is None:
        return None
    try:
        loaded: Any = json.loads(comment[1])
        given = {each.name: loaded[each.name] for each in fields(Pin)}
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    kinds = {name: int if name in ("start", "end") else str for name in given}
    if any(type(value) is not kinds[name] for name, value in given.items()):
        return None
    pin = Pin(**given)
    return (pin, *comment.span()) if pin.begins and 0 <= pin.start < pin.end else None
