"""Writes the clean text of one block."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from kb.markdown.html import scan_html
from kb.markdown.inline import scan_inline
from kb.markdown.lines import SourceLines
from kb.markdown.region import Region
from kb.markdown.source_map import MappedText, TextWriter

_MARKER = re.compile(r"(\d{1,9}[.)]|[-*+])[ \t]*$")
_TASK = re.compile(r"\[[^\[\]\n]\][ \t]+")
_CALLOUT = re.compile(r"\[![\w -]+\][+-]?[ \t]*")
_HEADING_ATTRIBUTES = re.compile(r"(?:[ \t]*\{:?[ \t]*[.#][^{}\n]*\})?[ \t]*$")
_ATX = re.compile(r"[ \t]*#{1,6}[ \t]+")
_ESCAPED_BAR = re.compile(r"\\\|")
_CELL_END = re.compile(r"\\.|\|")


class Reference(NamedTuple):
    """A link in the source.

    The range of a wiki link goes from ``[[`` to ``]]``, that of another one is its address.
    """

    target: str
    start: int
    end: int


class BlockWriter:
    """Writes blocks of one note and gathers the links and tags it meets."""

    def __init__(self, source: str, lines: SourceLines, references: frozenset[str]) -> None:
        self.source = source
        self.lines = lines
        self.references = references
        self.links: list[Reference] = []
        self.addresses: list[Reference] = []
        self.tags: list[str] = []

    def prose(
        self, token: Token, *, marker: Token | None = None, depth: int = 0, callout: bool = False
    ) -> MappedText:
        """Write a paragraph.

        :param marker: the opening token of the list item that the paragraph begins.
        :param depth: how many lists the paragraph is in.
        :param callout: whether the paragraph begins a quote, and so may begin with ``[!note]``.
        """
        region = self.lines.prose(token.content, _first_line(token))
        writer = TextWriter(self.source)
        if marker is not None:
            self._marker(writer, marker, region, depth)
            region = region.part(_match_end(_TASK, region.text))
        elif callout and (lead := _match_end(_CALLOUT, region.text)):
            region = self._callout_title(writer, region.part(lead))
        self._inline(writer, region)
        return writer.build(keep_indent=True)

    def heading(self, token: Token) -> MappedText:
        """Write a heading without its attributes."""
        region = self.lines.prose(token.content, _first_line(token))
        if "\n" not in region.text:
            # The text of "# # #" is the second mark, not the last.
            number = _first_line(token)
            start, end = self.lines.starts[number], self.lines.ends[number]
            match = _ATX.match(self.source, start, end)
            if match and self.source.startswith(region.text, match.end()):
                region = Region(region.text, (0,), (match.end(),))
        match = _HEADING_ATTRIBUTES.search(region.text)
        writer = TextWriter(self.source)
        self._inline(writer, region.part(0, match.start() if match else None))
        return writer.build()

    def code(self, token: Token) -> MappedText:
        """Write code: every line as it stands, without the markers of containers."""
        first = _first_line(token) + (token.type == "fence")
        writer = TextWriter(self.source)
        if not token.content:
            return writer.build()
        lines = self.lines.code(token.content, first)
        # Blank lines at the edges go, the indentation of the first line stays.
        while lines and not self.source[lines[0][1] : lines[0][2]].strip():
            lines.pop(0)
        for index, (tab, start, end) in enumerate(lines):
            writer.cover(tab, start - 1, start)
            writer.literal(start, end)
            if index + 1 < len(lines):
                self._newline(writer, end)
        return writer.build(keep_indent=True)

    def _newline(self, writer: TextWriter, at: int) -> None:
        if self.source.startswith("\n", at):
            writer.literal(at, at + 1)
        else:
            writer.cover("\n", at, at + 1)

    def html(self, token: Token) -> MappedText:
        """Write the visible text of an HTML block."""
        region = self.lines.prose(token.content.rstrip("\n"), _first_line(token))
        writer = TextWriter(self.source)
        region.write(writer, scan_html(region.text))
        return writer.build()

    def row(self, token: Token) -> MappedText:
        """Write a row of a table, its cells joined by bars."""
        start, end = self.lines.row(_first_line(token), nested=token.level > 2)
        writer = TextWriter(self.source)
        for index, (low, high) in enumerate(self._cells(start, end)):
            if index:
                writer.cover(" ", low - 1, low - 1)
                writer.literal(low - 1, low)
                writer.cover(" ", low, low)
            self._inline(writer, self._cell(low, high))
        return writer.build()

    def _cells(self, start: int, end: int) -> list[tuple[int, int]]:
        bars = [
            match.start()
            for match in _CELL_END.finditer(self.source, start, end)
            if match[0] == "|"
        ]
        edges = [start - 1, *bars, end]
        cells = [(low + 1, high) for low, high in pairwise(edges)]
        first = bool(cells) and not self.source[slice(*cells[0])].strip()
        last = len(cells) > 1 and not self.source[slice(*cells[-1])].strip()
        return cells[first : len(cells) - last]

    def _cell(self, start: int, end: int) -> Region:
        """Return a cell without white space at its edges, its escaped bars as bars."""
        source = self.source
        while start < end and source[start].isspace():
            start += 1
        while end > start and source[end - 1].isspace():
            end -= 1
        edges = [start, *(m.start() for m in _ESCAPED_BAR.finditer(source, start, end)), end]
        parts: list[str] = []
        starts: list[int] = []
        length = 0
        for index, (low, high) in enumerate(pairwise(edges)):
            # Every part but the first begins after the backslash that ended the one before.
            edges[index] = low + (index > 0)
            parts.append(source[edges[index] : high])
            starts.append(length)
            length += len(parts[-1])
        return Region("".join(parts), tuple(starts), tuple(edges[:-1]))

    def _marker(self, writer: TextWriter, item: Token, region: Region, depth: int) -> None:
        """Write the bullet or number of a list item."""
        number = _first_line(item)
        text_start = region.to_source(0)
        end = min(text_start, self.lines.ends[number])
        match = _MARKER.search(self.source[self.lines.starts[number] : end])
        if match is None:
            writer.cover("  " * (depth - 1) + "- ", text_start, text_start)
            return
        start = self.lines.starts[number] + match.start(1)
        writer.cover("  " * (depth - 1), start, start)
        if match[1][0].isdigit():
            writer.literal(start, start + len(match[1]))
        else:
            writer.cover("-", start, start + 1)
        writer.cover(" ", start + len(match[1]), max(text_start, start + len(match[1])))

    def _callout_title(self, writer: TextWriter, region: Region) -> Region:
        """Write the first line of a callout and return the rest."""
        title, newline, _ = region.text.partition("\n")
        self._inline(writer, region.part(0, len(title)))
        if newline and len(writer):
            end = region.to_source(len(title))
            writer.cover("\n", end, end + 1)
        return region.part(len(title) + len(newline))

    def _inline(self, writer: TextWriter, region: Region) -> None:
        found = scan_inline(region.text, self.references)
        region.write(writer, found.edits)
        self.tags += found.tags
        for links, spans in ((self.links, found.links), (self.addresses, found.addresses)):
            for link in spans:
                start, end = region.to_source(link.start), region.end_to_source(link.end)
                links.append(Reference(link.target, start, end))


def _first_line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _match_end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0
