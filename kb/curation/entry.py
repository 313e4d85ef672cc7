"""Writes a question and its answer into a note, so that the notes ask it themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kb.curation.sections import SOURCES, Section, replaced
from kb.errors import VaultError
from kb.markdown.document import Block, parse_markdown
from kb.notes.note import parse_note
from retrieval.language import detect_language

if TYPE_CHECKING:
    from kb.answer import Citation
    from kb.curation.pins import Pin

_QUESTION_MARKS = ("?", "？")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LINK_BREAKERS = re.compile(r"[\[\]|#^]")
_TITLES = {"en": "FAQ", "zh": "常见问题"}


def with_entry(
    path: str,
    source: str,
    question: str,
    answer: str,
    origin: Citation | None,
    pin: Pin | None = None,
) -> str:
    """Return a note with an entry at its end.

    :param source: the note as it is; empty for a new one.
    :param answer: Markdown; its first paragraph is what is answered.
    :param origin: where the words of the answer stand, if they are a note's; ``pin`` keeps hold
        of them.
    :raises VaultError: if the note would not ask that question, or asks it already.
    """
    asked, written = _checked(question, answer)
    end = "\r\n" if "\r\n" in source else "\n"
    language = detect_language(asked)
    line = "" if origin is None else f"{SOURCES[language]} {link_to(origin)}"
    before = source or f"# {_TITLES[language]}{end}"
    if asked in _headings(before):
        raise VaultError(f"{path} has this question already: edit it there")
    result = ""
    for heading in _spellings(asked):
        entry = end.join(entry_text(f"## {heading}", written, line, pin).splitlines())
        result = f"{before.rstrip()}{end * 2}{entry}{end}"
        if _headings(result) == [*_headings(before), asked]:
            break
    _check(path, before, result, asked)
    return result


def with_changed_entry(
    path: str, source: str, section: Section, question: str, answer: str, pin: Pin | None
) -> str:
    """Return a note with another question or answer in the place of an entry.

    :param section: the entry, as it stands in ``source``.
    :param pin: what the answer is pinned to from now on; without one, its source is not named.
    :raises VaultError: if the note would not ask that question, or ask it twice.
    """
    kept = question.strip() == section.question
    asked, written = _checked(question, answer)
    asked = section.question if kept else asked
    held, number = _headings(source), len(_headings(source[: section.start]))
    if not kept and asked in held:
        raise VaultError(f"{path} has this question already: edit it there")
    line = section.source_line if pin is not None or section.pin is None else ""
    lines = [f"{section.marks}{heading}" for heading in _spellings(asked)]
    wanted = [*held[:number], asked, *held[number + 1 :]]
    for heading_line in [section.heading_line] if kept else lines:
        result = replaced(source, section, entry_text(heading_line, written, line, pin))
        if _headings(result) == wanted:
            _check_asked(path, result, asked)
            return result
    raise VaultError("the answer holds a heading, or opens a block that it does not close")


def entry_text(heading: str, answer: str, source_line: str, pin: Pin | None) -> str:
    """Return an entry as it stands in a note."""
    parts = [heading, answer, source_line, pin.comment() if pin else ""]
    return "\n\n".join(part for part in parts if part)


def as_question(text: str) -> str:
    """Return a question on one line with its question mark."""
    line = " ".join(text.split())
    if not line or line.endswith(_QUESTION_MARKS):
        return line
    line = line.rstrip(" .。!！")
    return line + ("？" if detect_language(line) == "zh" else "?")


def _checked(question: str, answer: str) -> tuple[str, str]:
    asked, written = as_question(question), answer.strip()
    if not asked or not written:
        raise VaultError("an entry needs a question and an answer")
    return asked, written


def _spellings(asked: str) -> tuple[str, str]:
    """Return a question as a heading's Markdown: as it is, and with all its marks escaped."""
    return asked, _PUNCTUATION.sub(r"\\\1", asked)


def _check(path: str, before: str, after: str, asked: str) -> None:
    headings, held = _headings(after), _headings(before)
    if headings == held:
        raise VaultError(f"{path} ends in a block that is still open: close it, or choose another")
    if headings != [*held, asked]:
        raise VaultError("the answer holds a heading, which would end it: write it without")
    _check_asked(path, after, asked)


def _check_asked(path: str, source: str, asked: str) -> None:
    if all(each.question != asked for each in parse_note(path, source).questions):
        raise VaultError(f"{asked!r} is not understood as a question: put it another way")


def _headings(source: str) -> list[str]:
    body = parse_note("", source).body_start
    return [
        block.text.text if block.text else ""
        for block in _walk(parse_markdown(source, body).blocks)
        if block.kind == "heading"
    ]


def _walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _walk(block.children)


def link_to(origin: Citation) -> str:
    """Return a wiki link to the note, or its name where a link cannot hold it."""
    target = re.sub(r"\.(?:md|markdown)\Z", "", origin.note, flags=re.IGNORECASE)
    shown = " › ".join(part for part in (origin.title, origin.heading) if part)
    if _LINK_BREAKERS.search(target):
        return _PUNCTUATION.sub(r"\\\1", shown)
    return f"[[{target}|{_LINK_BREAKERS.sub(' ', shown)}]]"
