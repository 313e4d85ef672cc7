"""Reads a Markdown text into blocks of clean text that know their place in the source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from markdown_it.token import Token

from kb.markdown.lines import SourceLines
from kb.markdown.rules import block_parser
from kb.markdown.source_map import MappedText
from kb.markdown.writer import BlockWriter, Reference

_DEFINED = re.compile(r"\]:\s*(?:<([^<>\n]*)>|(\S+))")
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})
_CONTAINERS = _LISTS | {"list_item_open", "blockquote_open", "box_open", "footnote_open"}
_LITERAL = frozenset({"fence", "code_block", "math_block", "html_block", "table_open"})

Kind = Literal["heading", "prose", "code", "table", "group", "footnote"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a note that is kept together if it fits.

    :param text: the text of a leaf; for a table, its header row.
    :param children: the parts of a group, a footnote or a table, in order.
    :param level: of a heading, 1 to 6.
    """

    kind: Kind
    text: MappedText | None = None
    children: tuple[Block, ...] = ()
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """The blocks of a note, its wiki links in order and its inline tags.

    :param addresses: of its other links and its pictures, as they stand.
    """

    blocks: tuple[Block, ...]
    links: tuple[Reference, ...]
    tags: tuple[str, ...]
    addresses: tuple[Reference, ...]


@lru_cache(maxsize=2)
def parse_markdown(source: str, body_start: int = 0) -> Document:
    """Read a Markdown text.

    The last results are kept, because a note is first read and then split.

    :param body_start: offset in the source where Markdown begins, after front matter.
    """
    lines = SourceLines.of(source, body_start)
    parser = block_parser()
    environment: dict[str, dict[str, object]] = {}
    tokens: list[Token] = []
    parser.block.parse(lines.text, parser, environment, tokens)
    references = environment.get("references", {})
    writer = BlockWriter(source, lines, frozenset(references))
    walk = _Walk(tokens, writer)
    blocks = tuple(_without_empty(walk.blocks(None)))
    addresses = (*writer.addresses, *_defined(source, lines, references))
    return Document(blocks, tuple(writer.links), tuple(dict.fromkeys(writer.tags)), addresses)


def _defined(source: str, lines: SourceLines, references: dict[str, object]) -> Iterator[Reference]:
    """Return the addresses of ``[label]: address``."""
    for each in cast("dict[str, dict[str, list[int]]]", references).values():
        first, last = each["map"]
        found = _DEFINED.search(source, lines.starts[first], lines.ends[last - 1])
        if found:
            group = 1 if found[1] is not None else 2
            yield Reference(found[group], *found.span(group))


@dataclass(slots=True)
class _Walk:
    """Turns the flat list of tokens into a tree; nesting is bounded by the grammar."""

    tokens: Sequence[Token]
    writer: BlockWriter
    position: int = 0
    depth: int = 0
    # The marker of a list item waits for the first text of the item.
    marker: Token | None = None
    containers: int = 0

    def blocks(self, closing: str | None) -> list[Block]:
        """Read blocks up to a closing token, and the token itself."""
        found: list[Block] = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            if token.type == closing:
                break
            block = self._block(token)
            if block is not None:
                found.append(block)
        return found

    def _block(self, token: Token) -> Block | None:
        if token.type in _CONTAINERS:
            return self._container(token)
        if token.type == "inline":
            return self._prose(token)
        if token.type == "heading_open":
            return self._heading(token)
        if token.type not in _LITERAL:
            return None
        # The marker of an item that begins with code or a table says nothing.
        self.marker = None
        if token.type == "table_open":
            return self._table()
        if token.type == "html_block":
            return Block("prose", self.writer.html(token))
        return Block("code", self.writer.code(token))

    def _container(self, token: Token) -> Block:
        is_list = token.type in _LISTS
        if token.type == "list_item_open":
            self.marker = token
        self.depth += is_list
        self.containers += 1
        children = tuple(self.blocks(token.type.replace("_open", "_close")))
        self.containers -= 1
        self.depth -= is_list
        return Block("footnote" if token.type == "footnote_open" else "group", children=children)

    def _prose(self, token: Token) -> Block:
        before = self.tokens[self.position - 3].type if self.position >= 3 else ""
        text = self.writer.prose(
            token,
            marker=self.marker,
            depth=self.depth,
            callout=before == "blockquote_open",
        )
        self.marker = None
        return Block("prose", text)

    def _heading(self, token: Token) -> Block | None:
        inline = self.tokens[self.position]
        self.position += 2
        if self.containers:
            # Only a heading of the note itself begins a section.
            text = self.writer.prose(inline, marker=self.marker, depth=self.depth)
            self.marker = None
            return Block("prose", text)
        return Block("heading", self.writer.heading(inline), level=int(token.tag[1:]))

    def _table(self) -> Block:
        rows: list[MappedText] = []
        while (token := self.tokens[self.position]).type != "table_close":
            if token.type == "tr_open":
                rows.append(self.writer.row(token))
            self.position += 1
        self.position += 1
        return Block("table", rows[0], tuple(Block("prose", row) for row in rows[1:]))


def _without_empty(blocks: Iterable[Block]) -> list[Block]:
    """Drop what has no visible text."""
    kept: list[Block] = []
    for block in blocks:
        children = tuple(_without_empty(block.children))
        has_text = block.text is not None and bool(block.text.text)
        if children or has_text:
            kept.append(Block(block.kind, block.text if has_text else None, children, block.level))
    return kept
