"""Pairs the delimiters of emphasis, strikethrough and highlight.

Source: CommonMark 0.31, "Phase 2: inline structure", procedure *process emphasis*.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from kb.markdown.region import Edit

# Marks that only count in pairs: one "~" or "=" is an ordinary character.
_DOUBLE = "~="


@dataclass(slots=True, eq=False)
class Delimiter:
    """A run of one mark; ``start`` and ``end`` shrink as its characters are paired."""

    char: str
    start: int
    end: int
    length: int
    can_open: bool
    can_close: bool
    previous: Delimiter | None = None
    next: Delimiter | None = None


class DelimiterStack:
    """Delimiter runs of one block, in order."""

    def __init__(self) -> None:
        self.top: Delimiter | None = None

    def push(self, text: str, start: int, end: int) -> None:
        """Add the run ``text[start:end]``."""
        char = text[start]
        if char in _DOUBLE and end - start != 2:
            return
        can_open, can_close = _flanking(text, start, end)
        new = Delimiter(char, start, end, end - start, can_open, can_close, self.top)
        if self.top:
            self.top.next = new
        self.top = new

    def pair(self, bottom: Delimiter | None, edits: list[Edit]) -> None:
        """Pair the runs above ``bottom``, add the removal of their marks and drop the runs."""
        # Below its floor, a kind of closer is known to find nothing: this keeps the walk linear.
        floors: dict[tuple[str, bool, int], int] = {}
        closer = self._above(bottom)
        while closer:
            if not closer.can_close:
                closer = closer.next
                continue
            key = (closer.char, closer.can_open, closer.length % 3)
            opener = _opener(closer, floors.get(key, 0), bottom)
            if opener is None:
                floors[key] = closer.start
                after = closer.next
                if not closer.can_open:
                    self._remove(closer)
                closer = after
                continue
            closer = self._join(opener, closer, edits)
        self.top = bottom
        if bottom:
            bottom.next = None

    def _join(self, opener: Delimiter, closer: Delimiter, edits: list[Edit]) -> Delimiter | None:
        """Remove the marks of a pair and return the run to look at next."""
        width = 2 if min(opener.end - opener.start, closer.end - closer.start) >= 2 else 1
        edits.append(Edit(opener.end - width, opener.end, ""))
        edits.append(Edit(closer.start, closer.start + width, ""))
        opener.end -= width
        closer.start += width
        opener.next, closer.previous = closer, opener
        if opener.start == opener.end:
            self._remove(opener)
        if closer.start < closer.end:
            return closer
        after = closer.next
        self._remove(closer)
        return after

    def _above(self, bottom: Delimiter | None) -> Delimiter | None:
        if bottom:
            return bottom.next
        first = self.top
        while first and first.previous:
            first = first.previous
        return first

    def _remove(self, item: Delimiter) -> None:
        if item.previous:
            item.previous.next = item.next
        if item.next:
            item.next.previous = item.previous
        else:
            self.top = item.previous


def _opener(closer: Delimiter, floor: int, bottom: Delimiter | None) -> Delimiter | None:
    """Return the nearest run that the closer can close."""
    opener = closer.previous
    while opener and opener is not bottom and opener.end > floor:
        if opener.char == closer.char and opener.can_open and not _odd(opener, closer):
            return opener
        opener = opener.previous
    return None


def _odd(opener: Delimiter, closer: Delimiter) -> bool:
    """Say whether the rule of three forbids the pair."""
    if closer.char in _DOUBLE:
        return False
    both = opener.can_close or closer.can_open
    return both and closer.length % 3 != 0 and (opener.length + closer.length) % 3 == 0


def _flanking(text: str, start: int, end: int) -> tuple[bool, bool]:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    space_before, space_after = before.isspace(), after.isspace()
    mark_before, mark_after = _is_mark(before), _is_mark(after)
    left = not space_after and (not mark_after or space_before or mark_before)
    right = not space_before and (not mark_before or space_after or mark_after)
    if text[start] == "_":
        return left and (not right or mark_before), right and (not left or mark_after)
    if text[start] == "=":
        # "a==b" is more often a comparison than a highlight, unless the word is not Latin.
        return left and not _is_latin(before), right and not _is_latin(after)
    return left, right


def _is_mark(char: str) -> bool:
    return not char.isalnum() and unicodedata.category(char)[0] in "PS"


def _is_latin(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"
