"""Cuts a text at the ends of sentences, or where that is not enough at softer edges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

# A token rarely covers more characters than this: longer texts are not counted as a whole.
MAX_CHARS_PER_TOKEN = 24

_STOP = re.compile(r"(?:[.!?]++|[。！？；…｡]++|\n)[\"'”’»」』）)\]】》*_]*+\s*+")
_WORD_BEFORE = re.compile(r"[^\s\"'“‘«(\[（「『]{1,24}\Z")
_ABBREVIATION_NAMES = """
e.g i.e cf vs etc al mr mrs ms dr prof st jr sr no nos vol fig figs eq eqs sec secs ch chap approx
ca resp inc ltd co corp dept univ est ed eds pp p jan feb mar apr jun jul aug sep sept oct nov dec
a.m p.m u.s u.k u.n ph.d m.d b.c a.d viz ibid op cit ref refs tab def thm incl
"""
_ABBREVIATIONS = frozenset(_ABBREVIATION_NAMES.split())
# Where a sentence is cut that does not fit: after a clause, a space, a word, else anywhere.
_CLAUSE = re.compile(r"[,;:，、；：—][\"'”’」』）)]*\s*|\s[-–|]\s")
_SPACE = re.compile(r"\s+")
_WORD_EDGE = re.compile(r"[^A-Za-z0-9]")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences; together they are the whole text."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _STOP.finditer(text):
        if match.end() < len(text) and _is_end(text, match):
            spans.append((start, match.end()))
            start = match.end()
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def line_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the lines, each with its line end."""
    spans: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        spans.append((start, end))
        start = end
    return spans


def cut(
    text: str, start: int, end: int, limit: int, count_tokens: Callable[[str], int]
) -> Iterator[tuple[int, int]]:
    """Cut a span into pieces that fit, each as long as the edges allow.

    :param limit: tokens that fit in a piece; one character that is more is a piece all the same.
    """
    width = limit * MAX_CHARS_PER_TOKEN
    while start < end:
        stop = end if end - start <= width else _edge(text, start, start + width)
        tokens = count_tokens(text[start:stop])
        while tokens > limit and stop - start > 1:
            # Aim at the limit by the share of tokens that are too many, always getting shorter.
            width = max(1, min((stop - start) * limit // tokens, stop - start - 1))
            stop = _edge(text, start, start + width)
            tokens = count_tokens(text[start:stop])
        yield start, stop
        start = stop
        # Let a stretch of short tokens make the next pieces longer again.
        width = min(limit * MAX_CHARS_PER_TOKEN, width * 5 // 4 + 1)


def _edge(text: str, start: int, stop: int) -> int:
    """Return the best place to cut in the last part of ``text[start:stop]``."""
    low = start + (stop - start) // 4
    for pattern in (_CLAUSE, _SPACE, _WORD_EDGE):
        ends = [match.end() for match in pattern.finditer(text, low, stop)]
        if ends:
            return ends[-1]
    return stop


def _is_end(text: str, match: re.Match[str]) -> bool:
    """Say whether a sentence ends at a mark."""
    mark = match[0][0]
    if mark not in ".!?":
        return mark != "…" or text[match.end() - 1].isspace() or not text[match.end()].isalpha()
    if not match[0][-1].isspace():
        # "3.11", "example.com", "a.b": but Chinese may follow without a space.
        return text[match.end()] >= "\u2e80" and text[match.end()].isalpha()
    following = text[match.end()]
    if following.islower():
        return False
    return mark != "." or match[0].startswith("..") or not _is_abbreviation(text, match.start())


def _is_abbreviation(text: str, stop: int) -> bool:
    """Say whether the word before a full stop is an abbreviation, an initial or a list number."""
    match = _WORD_BEFORE.search(text, max(0, stop - 25), stop)
    if match is None:
        return False
    word = match[0]
    initial = len(word) == 1 and word.isalpha() and word.isupper() and word != "I"
    line_start = text.rfind("\n", max(0, stop - 12), match.start()) + 1
    number = word.isdigit() and not text[line_start : match.start()].strip()
    return word.lower() in _ABBREVIATIONS or initial or number
