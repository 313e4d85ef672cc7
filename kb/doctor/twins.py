"""An English and a Chinese note of the same thing that drifted apart: numbers, headings, code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import PurePosixPath

from kb.doctor.finding import Finding
from kb.doctor.reading import Folder, ReadNote
from kb.markdown.document import Block, parse_markdown
from retrieval.language import detect_language

_CHINESE = re.compile(r"(?:zh|cn|中文)(?:[-_]\w+)?", re.IGNORECASE)
_ENGLISH = re.compile(r"en(?:[-_]\w+)?|english|英文", re.IGNORECASE)
# A year, a decimal or a long number: what a translation keeps. Short ones may be written in words.
_NUMBER = re.compile(
    r"(?<![\w.])(\d{1,3}(?:(?:,|\{,\})\d{3})+|\d+)(\.\d+)?(?!\w*[A-Za-z])"
    r"[ \u00a0]?(thousand|million|billion|trillion|万亿|萬億|万|萬|亿|億)?",
    re.ASCII | re.IGNORECASE,
)
_TIMES = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "万亿": 10**12, "萬億": 10**12,
}  # fmt: skip
_LEAST = 13
_SHOWN = 5
_REMEDY = "bring the two in line"


def drifted(folder: Folder) -> Iterator[Finding]:
    """Compare each English note with its Chinese twin."""
    for english, chinese in twins(folder):
        for message in _differences(english, chinese):
            yield Finding("twins", "advice", f"{english.path} | {chinese.path}", message, _REMEDY)


def twins(folder: Folder) -> Iterator[tuple[ReadNote, ReadNote]]:
    """Yield pairs: the same path but for the language, or each with the other's title as an alias.

    ``docs/en/a.md`` pairs with ``docs/zh/a.md``, ``a.en.md`` with ``a.zh.md`` or ``a.zh-hans.md``.
    """
    languages = {each.path: detect_language(each.body) for each in folder.notes}
    chinese = [each for each in folder.notes if languages[each.path] == "zh"]
    by_path = {key: each for each in chinese if (key := _without(each.path, _CHINESE))}
    by_title: dict[str, ReadNote] = {}
    for each in chinese:
        by_title.setdefault(each.note.title.casefold(), each)
    for each in folder.notes:
        if languages[each.path] == "en":
            key = _without(each.path, _ENGLISH)
            other = (by_path.get(key) if key else None) or _named(each, by_title)
            if other:
                yield each, other


def _without(path: str, language: re.Pattern[str]) -> str | None:
    """Return a path without its language, or None if it has none."""
    parts = PurePosixPath(path)
    for at, part in enumerate(parts.parts[:-1]):
        if language.fullmatch(part):
            return "/".join((*parts.parts[:at], "*", *parts.parts[at + 1 :]))
    stem, dot, ending = parts.stem.rpartition(".")
    if dot and language.fullmatch(ending):
        return str(parts.with_name(f"{stem}.*{parts.suffix}"))
    return None


def _named(each: ReadNote, by_title: dict[str, ReadNote]) -> ReadNote | None:
    own = each.note.title.casefold()
    for alias in each.note.aliases:
        other = by_title.get(alias.casefold())
        if other and own in (name.casefold() for name in other.note.aliases):
            return other
    return None


def _differences(english: ReadNote, chinese: ReadNote) -> Iterator[str]:
    ours, theirs = numbers(_prose(english)), numbers(_prose(chinese))
    for side, missing in (("Chinese", ours - theirs), ("English", theirs - ours)):
        if missing:
            shown = ", ".join(f"{value.normalize():f}" for value in sorted(missing)[:_SHOWN])
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            yield f"the {side} note lacks the numbers {shown}{more}"
    for kind, levels in (("headings", _headings), ("blocks of code", _code)):
        one, other = levels(english), levels(chinese)
        if one != other:
            yield f"{one.total()} {kind} in English, {other.total()} in Chinese{_where(one, other)}"


def _where(one: Counter[int], other: Counter[int]) -> str:
    return "" if one.total() != other.total() else ", on other levels"


def numbers(text: str) -> frozenset[Decimal]:
    """Return the numbers of a text that a translation must keep, "1.2亿" as 120,000,000."""
    found: set[Decimal] = set()
    for whole, fraction, times in _NUMBER.findall(text):
        value = Decimal(re.sub("[{},]", "", whole) + fraction) * _TIMES.get(times.lower(), 1)
        if value >= _LEAST or fraction:
            found.add(value)
    return frozenset(found)


def _prose(each: ReadNote) -> str:
    blocks = (block for block in _leaves(each) if block.kind != "code")
    return "\n".join(block.text.text for block in blocks if block.text)


def _headings(each: ReadNote) -> Counter[int]:
    return Counter(block.level for block in _leaves(each) if block.kind == "heading")


def _code(each: ReadNote) -> Counter[int]:
    return Counter(0 for block in _leaves(each) if block.kind == "code")


def _leaves(each: ReadNote) -> Iterator[Block]:
    waiting = list(reversed(parse_markdown(each.source, each.note.body_start).blocks))
    while waiting:
        block = waiting.pop()
        if block.text is not None:
            yield block
        waiting.extend(reversed(block.children))
