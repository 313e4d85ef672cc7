"""The entries of a note that can be edited: a heading that asks, and the text under it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kb.curation.pins import Pin, read_pin
from kb.errors import NoteChanged
from kb.markdown.document import Block, parse_markdown
from kb.notes.note import parse_note
from kb.notes.writing import version_of
from kb.storage.text import sha256_hex

# How entries name where their words come from.
SOURCES = {"en": "Source:", "zh": "出处："}
_SOURCE_LINE = re.compile(rf"^(?:{'|'.join(SOURCES.values())})[^\r\n]*\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading that asks and its text up to the next heading.

    :param start: where the line of the heading starts in the note's source.
    :param end: where the next heading's line starts, or the end.
    :param heading_line: the heading as it is written, with its marks.
    :param marks: what stands before the heading's text, "## ".
    :param answer: Markdown of the answer, without what names its source.
    :param source_line: the line that names its source, "" if there is none.
    :param digest: names exactly this text.
    """

    question: str
    start: int
    end: int
    heading_line: str
    marks: str
    answer: str
    source_line: str
    pin: Pin | None
    digest: str


def sections(path: str, source: str) -> list[Section]:
    """Return the entries of a note; a heading with headings below it is none."""
    note = parse_note(path, source)
    asked = {each.start: each for each in note.questions if each.answer is None}
    headings = [
        block for block in parse_markdown(source, note.body_start).blocks if block.kind == "heading"
    ]
    starts = [_line_start(source, _span(block)[0]) for block in headings]
    found: list[Section] = []
    for number, block in enumerate(headings):
        start, text = starts[number], _span(block)
        end = starts[number + 1] if number + 1 < len(headings) else len(source)
        marks = source[start : text[0]]
        below = number + 1 < len(headings) and headings[number + 1].level > block.level
        if text[0] in asked and not below and marks.strip().strip("#") == "" and marks.strip():
            found.append(_section(source, asked[text[0]].question, (start, end), text, marks))
    return found


def replaced(source: str, section: Section, text: str) -> str:
    """Return a note with other text in the place of a section; "" takes it out."""
    before, after = source[: section.start], source[section.end :]
    end = "\r\n" if "\r\n" in source else "\n"
    if not text:
        return f"{before.rstrip()}{end * 2}{after}" if after else f"{before.rstrip()}{end}"
    written = end.join(text.splitlines())
    return f"{before}{written}{end}{end if after else ''}{after}"


def section_at(path: str, source: str, digest: str) -> Section:
    """Return the section that a person has seen.

    :raises NoteChanged: if it is no longer there in these words.
    """
    for section in sections(path, source):
        if section.digest == digest:
            return section
    message = f"{path} was changed meanwhile: look at it and try again"
    raise NoteChanged(path, message, version_of(source))


def _section(
    source: str, question: str, span: tuple[int, int], text: tuple[int, int], marks: str
) -> Section:
    start, end = span
    body_start = _line_end(source, text[1])
    body, pin = source[body_start:end], None
    if (held := read_pin(body)) is not None:
        pin, low, high = held
        body = body[:low].rstrip() + body[high:]
    body = body.strip()
    line = _SOURCE_LINE.search(body)
    return Section(
        question=question,
        start=start,
        end=end,
        heading_line=source[start:body_start].rstrip(),
        marks=marks,
        answer=(body[: line.start()] if line else body).strip(),
        source_line=line[0] if line else "",
        pin=pin,
        digest=sha256_hex(source[start:end].rstrip()),
    )


def _span(block: Block) -> tuple[int, int]:
    return block.text.span if block.text else (0, 0)


def _line_start(source: str, place: int) -> int:
    return max(source.rfind("\n", 0, place), source.rfind("\r", 0, place)) + 1


def _line_end(source: str, place: int) -> int:
    match = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)").match(source, place)
    return match.end() if match else len(source)
