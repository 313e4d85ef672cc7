"""Finds the markup of an HTML block, so that only its visible text is left."""

from __future__ import annotations

import re

from kb.markdown.inline import decode_entity
from kb.markdown.region import Edit

_MARKUP = re.compile(
    r"(?P<entity>&#?[A-Za-z0-9]{1,31};)"
    r"|(?P<tag></?(?P<name>[A-Za-z][A-Za-z0-9-]*+)(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+>)"
    r"|(?P<other><!--|<\?|<!\[CDATA\[|<![A-Za-z])"
    r"|(?P<template>\{(?P<mark>[*!%])[^{}\n]*?(?P=mark)\})"
    r"|(?P<space>[ \t\n]{2,}|\n|[ \t](?=<)|(?<=>)[ \t])"
)
_CLOSING = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>"}
_HIDDEN = frozenset({"script", "style"})
_GAPS = ("", " ", "\n")
_CELLS = frozenset({"td", "th"})
_BLOCK_NAMES = """
address article aside blockquote br dd details div dl dt fieldset figcaption figure footer form h1
h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())


def scan_html(text: str) -> list[Edit]:
    """Return the edits that leave the visible text of an HTML block, one line per block element."""
    edits: list[Edit] = []
    position = 0
    while match := _MARKUP.search(text, position):
        position = _end(text, match)
        if match["entity"]:
            if (decoded := decode_entity(match[0])) is not None:
                edits.append(Edit(match.start(), position, decoded))
            continue
        new = Edit(match.start(), position, _gap(match))
        last = edits[-1] if edits else None
        # Neighbouring tags and white space leave the widest of their gaps.
        if last and last.end == new.start and last.replacement in _GAPS:
            gap = max(last.replacement, new.replacement, key=_GAPS.index)
            edits[-1] = Edit(last.start, position, gap)
        else:
            edits.append(new)
    return edits


def _gap(match: re.Match[str]) -> str:
    if match["space"]:
        return "\n" if "\n" in match[0] else " "
    name = (match["name"] or "").lower()
    return "\n" if name in _BLOCKS else " " if name in _CELLS else ""


def _end(text: str, match: re.Match[str]) -> int:
    """Return where the markup ends, with the content of elements that are not shown."""
    name = (match["name"] or "").lower()
    if name in _HIDDEN and not match[0].startswith("</"):
        closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, match.end())
        return closing.end() if closing else len(text)
    if match["other"]:
        closing_mark = _CLOSING.get(match[0], ">")
        end = text.find(closing_mark, match.end())
        return len(text) if end < 0 else end + len(closing_mark)
    return match.end()
