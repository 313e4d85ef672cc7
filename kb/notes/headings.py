"""Finds the heading that a link names: ``[[note#Heading]]`` or ``[…](note.md#heading)``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.markdown.document import parse_markdown

_ID = re.compile(r"\{:?[ \t]*[^{}\n]*#([^\s{}]+)[^{}\n]*\}[ \t]*$")
_ID_CHARS = 300
_REPEATED = re.compile(r"-\d+\Z")
_UNSAID = re.compile(r"[\W_]+")


def find_heading(source: str, body_start: int, name: str) -> tuple[int, int] | None:
    """Return the range of a heading's words in a note, None if it has no such heading.

    :param name: its words, as in a wiki link, where ``A#B`` is B below A; or its identifier, as in
        a web address: ``{#given}`` in the note, or made of its words.
    """
    *above, last = [_key(part) for part in name.split("#") if part.strip()] or [""]
    if not last:
        return None
    path: list[tuple[int, str]] = []
    best: tuple[int, int] | None = None
    for level, keys, span in _headings(source, body_start):
        path = [each for each in path if each[0] < level]
        if last in keys:
            if _is_below(above, [key for _, key in path]):
                return span
            best = best or span
        path.append((level, keys[0]))
    if best is None and _REPEATED.search(name):
        return find_heading(source, body_start, _REPEATED.sub("", name))
    return best


def _headings(source: str, body_start: int) -> Iterator[tuple[int, list[str], tuple[int, int]]]:
    """Yield level, names and range of each heading in order."""
    for block in parse_markdown(source, body_start).blocks:
        if block.kind == "heading" and block.text is not None:
            low, high = block.text.span
            given = _ID.search(source, high, min(_line_end(source, high), high + _ID_CHARS))
            keys = [_key(block.text.text), *([_key(given[1])] if given else [])]
            yield block.level, keys, (low, high)


def _is_below(wanted: list[str], path: list[str]) -> bool:
    """Say whether the wanted headings stand in a path in this order."""
    left = iter(path)
    return all(each in left for each in wanted)


def _key(name: str) -> str:
    """Return what a heading's words and any identifier made of them have in common."""
    return _UNSAID.sub("", name).casefold()


def _line_end(source: str, at: int) -> int:
    end = source.find("\n", at)
    return end if end >= 0 else len(source)
