"""Writes a question and its answer into a note, so that the notes ask it themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kb.errors import VaultError
from kb.markdown.document import Block, parse_markdown
from kb.notes.note import parse_note
from qa.metrics import detect_language

if TYPE_CHECKING:
    from kb.answer import Citation

_QUESTION_MARKS = ("?", "？")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LINK_BREAKERS = re.compile(r"[\[\]|#^]")
_TITLES = {"en": "FAQ", "zh": "常见问题"}
_SOURCES = {"en": "Source:", "zh": "出处："}


def with_entry(path: str, source: str, question: str, answer: str, origin: Citation | None) -> str:
    """Return a note with an entry at its end.

    :param source: the note as it is; empty for a new one.
    :param answer: Markdown; its first paragraph is what is answered.
    :param origin: where the words of the answer stand, if they are a note's.
    :raises VaultError: if the note would not ask that question, or asks it already.
    """
    asked, written = as_question(question), answer.strip()
    if not asked or not written:
        raise VaultError("an entry needs a question and an answer")
    end = "\r\n" if "\r\n" in source else "\n"
    language = detect_language(asked)
    if origin is not None:
        written += f"\n\n{_SOURCES[language]} {_link(origin)}"
    before = source or f"# {_TITLES[language]}{end}"
    if asked in _headings(before):
        raise VaultError(f"{path} has this question already: edit it there")
    result = ""
    for heading in (asked, _PUNCTUATION.sub(r"\\\1", asked)):
        entry = end.join(f"## {heading}\n\n{written}".splitlines())
        result = f"{before.rstrip()}{end * 2}{entry}{end}"
        if _headings(result) == [*_headings(before), asked]:
            break
    _check(path, before, result, asked)
    return result


def as_question(text: str) -> str:
    """Return a question on one line with its question mark."""
    line = " ".join(text.split())
    if not line or line.endswith(_QUESTION_MARKS):
        return line
    line = line.rstrip(" .。!！")
    return line + ("？" if detect_language(line) == "zh" else "?")


def _check(path: str, before: str, after: str, asked: str) -> None:
    headings, held = _headings(after), _headings(before)
    if headings == held:
        raise VaultError(f"{path} ends in a block that is still open: close it, or choose another")
    if headings != [*held, asked]:
        raise VaultError("the answer holds a heading, which would end it: write it without")
    if all(each.question != asked for each in parse_note(path, after).questions):
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


def _link(origin: Citation) -> str:
    """Return a wiki link to the note, or its name where a link cannot hold it."""
    target = re.sub(r"\.(?:md|markdown)\Z", "", origin.note, flags=re.IGNORECASE)
    shown = " › ".join(part for part in (origin.title, origin.heading) if part)
    if _LINK_BREAKERS.search(target):
        return _PUNCTUATION.sub(r"\\\1", shown)
    return f"[[{target}|{_LINK_BREAKERS.sub(' ', shown)}]]"
