"""Writes texts of notes as HTML: escaped, with the cited span marked by its offsets."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise
from typing import NamedTuple

from kb.markdown.reading import FORMULA
from kb.passages.sentences import sentence_spans

# What a card shows of a passage, and a page of a note, before they cut it.
EXCERPT_CHARS = 360
SOURCE_CHARS = 200_000
_SENTENCE_CHARS = 600
CITED_ID = "kb-cited"
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class Window(NamedTuple):
    """The part of a text that is shown."""

    start: int
    end: int


def marked(text: str, start: int, end: int, window: Window | None = None, mark_id: str = "") -> str:
    """Return the text as HTML with a span marked.

    :param start: of the span in ``text``; with ``end`` equal to it, nothing is marked.
    :param window: the part of ``text`` that is shown; cut edges are shown as "…".
    :param mark_id: the id that the mark has in the page.
    """
    low, high = window or Window(0, len(text))
    start, end = min(max(start, low), high), min(max(end, low), high)
    before, span, after = text[low:start], text[start:end], text[end:high]
    name = f' id="{escape(mark_id)}"' if mark_id else ""
    mark = f"<mark{name}>{escape(span)}</mark>" if span else ""
    head = "… " if low > 0 else ""
    tail = " …" if high < len(text) else ""
    return f"{head}{escape(before)}{mark}{escape(after)}{tail}"


def with_formulas(text: str, start: int, end: int, window: Window | None = None) -> str | None:
    """Return the text as Markdown that shows exactly it, but its formulas set; None without any.

    A formula is marked whole or not at all.

    :param start: of the span in ``text`` that is marked, unless a bracket in a formula forbids it.
    """
    low, high = window or Window(0, len(text))
    formulas = [m.span() for m in FORMULA.finditer(text) if m.start() < high and m.end() > low]
    if not formulas:
        return None
    low, high = min(low, formulas[0][0]), max(high, formulas[-1][1])
    for first, last in formulas:
        start = first if first < start < last else start
        end = last if first < end < last else end
    edges = sorted({low, high, *(x for pair in formulas for x in pair), start, end})
    parts = {(a, b): _piece(text[a:b], (a, b) in formulas) for a, b in pairwise(edges) if a >= low}
    inside = "".join(piece for (a, b), piece in parts.items() if start <= a and b <= end)
    before = "".join(piece for (_, b), piece in parts.items() if b <= start)
    after = "".join(piece for (a, b), piece in parts.items() if a >= end and b <= high)
    is_markable = inside and not any("[" in text[a:b] or "]" in text[a:b] for a, b in formulas)
    mark = f":yellow-background[{inside}]" if is_markable else inside
    return f"{'… ' if low else ''}{before}{mark}{after}{' …' if high < len(text) else ''}"


def _piece(text: str, is_formula: bool) -> str:
    if is_formula:
        inner = " ".join(text.strip("$").split())
        return f"$\\displaystyle {inner}$" if text.startswith("$$") else f"${inner}$"
    return _PUNCTUATION.sub(r"\\\1", text).replace("\n", "  \n")


def sentence_window(text: str, start: int, end: int, room: int = EXCERPT_CHARS) -> Window:
    """Return the sentences that hold a span, and those around them as far as there is room."""
    spans = sentence_spans(text)
    inside = [
        i for i, (low, high) in enumerate(spans) if low < max(end, start + 1) and high > start
    ]
    if not inside:
        return Window(0, min(len(text), room))
    first, last = inside[0], inside[-1]
    while True:
        size = spans[last][1] - spans[first][0]
        after = spans[last + 1][1] - spans[last + 1][0] if last + 1 < len(spans) else room
        before = spans[first - 1][1] - spans[first - 1][0] if first else room
        if size + min(before, after) > room:
            break
        if before <= after:
            first -= 1
        else:
            last += 1
    return _clipped(text, Window(spans[first][0], spans[last][1]), start, end)


def source_window(text: str, start: int, room: int = SOURCE_CHARS) -> Window:
    """Return the part of a note's source that a page can show, around a place."""
    if len(text) <= room:
        return Window(0, len(text))
    low = max(0, min(start - room // 2, len(text) - room))
    return Window(low, low + room)


def beginning(text: str, room: int = EXCERPT_CHARS) -> Window:
    """Return the first sentences of a text, as far as there is room."""
    return sentence_window(text, 0, 0, room) if len(text) > room else Window(0, len(text))


def _clipped(text: str, window: Window, start: int, end: int) -> Window:
    """Cut a window that one endless sentence makes too large, around the span."""
    low, high = window
    low = max(low, start - _SENTENCE_CHARS)
    high = min(high, end + _SENTENCE_CHARS)
    while high > end and text[high - 1].isspace():
        high -= 1
    return Window(low, high)
