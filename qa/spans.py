"""From start and end logits to answers with clean edges."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.reader import Span

MAX_ANSWER_TOKENS = 48
_OPENERS, _CLOSERS = "([{（【《“‘「『", ")]}）】》”’」』"
_EDGES = " \t\r\n\u3000,.;:!?，。；：！？、…·-–—|"
_UNSPACED = (0x2E80, 0xA4CF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x323AF)


def best_pairs(
    starts: NDArray[np.float32], ends: NDArray[np.float32], count: int
) -> list[tuple[int, int, float]]:
    """Return the best (first, last, score) with first ≤ last and a bounded length, best first.

    :param starts: start logits, shape ``(tokens,)``.
    :param ends: end logits, same shape.
    """
    tokens = len(starts)
    if not tokens:
        return []
    sums = starts[:, None] + ends[None, :]  # (tokens, tokens)
    rows, columns = np.indices(sums.shape)
    allowed = (columns >= rows) & (columns < rows + MAX_ANSWER_TOKENS)
    flat = np.where(allowed, sums, -np.inf).ravel()
    count = min(count, int(allowed.sum()))
    top = np.argpartition(-flat, count - 1)[:count]
    ordered = top[np.lexsort((top, -flat[top]))]
    return [(int(at // tokens), int(at % tokens), float(flat[at])) for at in ordered]


def distinct(spans: Sequence[Span], count: int) -> list[Span]:
    """Keep the best spans that do not overlap a better one.

    :param spans: best first.
    """
    kept: list[Span] = []
    for span in spans:
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
        if len(kept) == count:
            break
    return kept


def tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """Move a span's edges to where a person would put them.

    Half words are completed, punctuation at the edges is left out, and a bracket or quotation mark
    without its partner is either completed from the next character or left out; so are Chinese
    brackets around the whole. The result may be empty (start = end) when nothing is left.
    """
    start, end = _whole_words(text, start, end)
    previous = None
    while previous != (start, end):
        previous = (start, end)
        while start < end and text[start] in _EDGES and not _is_sign(text, start):
            start += 1
        while start < end and text[end - 1] in _EDGES:
            end -= 1
        start, end = _balanced(text, start, end)
        if _is_bracketed(text[start:end]):
            start, end = start + 1, end - 1
    return start, end


def _is_bracketed(span: str) -> bool:
    """Whether it is all an aside. ASCII brackets may be code: (1, 2)."""
    return span[:1] == "（" and span.find("）") == len(span) - 1 and "（" not in span[1:]


def _is_sign(text: str, at: int) -> bool:
    """Whether the mark belongs to what follows: −5, .5, --no-cache, .NET."""
    return text[at] in "-–." and bool(text[at : at + 4].lstrip("-–.")[:1].strip())


def _is_word(character: str) -> bool:
    """Whether the character is part of a word of a script that puts spaces between words."""
    code = ord(character)
    return character.isalnum() and not any(low <= code <= high for low, high in _UNSPACED)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while 0 < start < end and _is_word(text[start]) and _is_word(text[start - 1]):
        start -= 1
    while start < end < len(text) and _is_word(text[end - 1]) and _is_word(text[end]):
        end += 1
    return start, end


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    for opener, closer in zip(_OPENERS, _CLOSERS, strict=True):
        inside = text[start:end]
        if inside.count(opener) == inside.count(closer):
            continue
        if inside.count(opener) > inside.count(closer):
            if text[end : end + 1] == closer:
                end += 1
            elif inside.startswith(opener):
                start += 1
        elif inside.endswith(closer):
            if text[start - 1 : start] == opener:
                start -= 1
            else:
                end -= 1
    return start, end
