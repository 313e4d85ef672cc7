"""Splits a note into passages: whole blocks under one heading, sized in the encoder's tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kb.markdown.document import Block, parse_markdown
from kb.markdown.source_map import SourceMap
from kb.notes.note import Note
from kb.passages.packing import Packer

DEFAULT_MAX_TOKENS = 160


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a note that is searched and read as one.

    :param ordinal: position among the passages of the note, from 0.
    :param heading_path: clean texts of the headings above it, without the note's title.
    :param text: clean text, at most as many tokens as were allowed.
    :param source_map: where each character of ``text`` stands in the source.
    :param start: start of the passage in the source; a repeated table header does not count.
    :param end: its end in the source.
    """

    ordinal: int
    heading_path: tuple[str, ...]
    text: str
    source_map: SourceMap
    start: int
    end: int


@dataclass(slots=True)
class _Section:
    """What stands under one heading before the next; the first of a note may have no heading."""

    path: tuple[Block, ...]
    blocks: list[Block]


def split(
    note: Note,
    source: str,
    count_tokens: Callable[[str], int],
    max_tokens: int = DEFAULT_MAX_TOKENS,
) -> list[Passage]:
    """Split a note into passages.

    :param source: the text that the note was read from.
    :param count_tokens: tokens of a text, without special tokens; called once per block, once per
        sentence, line or row of a block that is too long, and once per passage of several.
    :param max_tokens: most tokens in a passage; a single character that is more is kept whole.
    :raises ValueError: if ``max_tokens`` is less than 1.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens is {max_tokens}, must be at least 1")
    packer = Packer(source, count_tokens, max_tokens)
    passages: list[Passage] = []
    for section in _findable(_sections(parse_markdown(source, note.body_start).blocks)):
        path = _names(section.path, note)
        for packed in packer.pack(section.blocks):
            text = packed.text
            passages.append(
                Passage(len(passages), path, text.text, text.map, packed.start, packed.end)
            )
    return passages


def _sections(blocks: tuple[Block, ...]) -> Iterator[_Section]:
    """Gather the blocks under each heading."""
    section = _Section((), [])
    for block in blocks:
        if block.kind == "heading":
            yield section
            above = tuple(heading for heading in section.path if heading.level < block.level)
            section = _Section((*above, block), [])
        else:
            section.blocks.append(block)
    yield section


def _findable(sections: Iterator[_Section]) -> Iterator[_Section]:
    """Drop empty sections, but turn a heading that is above nothing into a text of its own."""
    waiting: _Section | None = None
    for section in sections:
        if waiting and waiting.path[-1] not in section.path:
            yield _Section(waiting.path[:-1], [Block("prose", waiting.path[-1].text)])
        waiting = None
        if section.blocks:
            yield section
        elif section.path:
            waiting = section
    if waiting:
        yield _Section(waiting.path[:-1], [Block("prose", waiting.path[-1].text)])


def _names(path: tuple[Block, ...], note: Note) -> tuple[str, ...]:
    """Return the texts of headings, without a first heading that repeats the note's title."""
    names = tuple(heading.text.text for heading in path if heading.text is not None)
    repeats = bool(path) and path[0].level == 1 and names[:1] == (note.title,)
    return names[1:] if repeats else names
