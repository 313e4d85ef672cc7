"""Finds the source of what the block parser read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kb.markdown.region import Region

_LINE_END = re.compile(r"\r\n|\n|\r")
_CONTAINERS = re.compile(r"[ \t]*+(?:>[ \t]?|[-*+][ \t]++|\d{1,9}[.)][ \t]++|[ \t]++)*+")


@dataclass(frozen=True, slots=True)
class SourceLines:
    """The lines of a Markdown text.

    :param text: the lines as the parser gets them, joined by single line feeds.
    :param starts: source offset of each line.
    :param ends: source offset of each line's end, before its line-end characters.
    """

    source: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, source: str, body_start: int) -> SourceLines:
        """Split a source into lines as CommonMark does."""
        starts, ends = [body_start], list[int]()
        for match in _LINE_END.finditer(source, body_start):
            ends.append(match.start())
            starts.append(match.end())
        ends.append(len(source))
        # The parser would replace NUL by a character that reads the same to us.
        text = _LINE_END.sub("\n", source[body_start:]).replace("\0", "\ufffd")
        return cls(source, text, tuple(starts), tuple(ends))

    def prose(self, content: str, first: int) -> Region:
        """Locate lines of text whose white space at the edges does not matter."""
        parts: list[str] = []
        starts: list[int] = []
        offsets: list[int] = []
        position = 0
        lines = content.split("\n")
        # The parser trims a first line of nothing but form feeds together with its line end.
        while first + len(lines) < len(self.starts) and lines[0] not in self._raw(first):
            first += 1
        for number, line in enumerate(lines, start=first):
            core = line.lstrip(" \t")
            offset = self._find(core, number)
            parts.append(core)
            starts.append(position)
            offsets.append(offset)
            position += len(core) + 1
        return Region("\n".join(parts), tuple(starts), tuple(offsets))

    def code(self, content: str, first: int) -> list[tuple[str, int, int]]:
        """Locate lines whose white space is kept.

        :return: for each line the white space that stands for a part of a tab, and the range of the
            source that holds the rest.
        """
        found: list[tuple[str, int, int]] = []
        for number, line in enumerate(content.removesuffix("\n").split("\n"), start=first):
            start, end = self.starts[number], self.ends[number]
            raw = self._raw(number)
            core = line if raw.endswith(line) else line.lstrip(" \t")
            found.append((line[: len(line) - len(core)], max(start, end - len(core)), end))
        return found

    def row(self, number: int, *, nested: bool) -> tuple[int, int]:
        """Return the source range of a table row without container markers."""
        start, end = self.starts[number], self.ends[number]
        while start < end and self.source[start] in " \t":
            start += 1
        if nested and (match := _CONTAINERS.match(self.source, start, end)):
            start = match.end()
        return start, end

    def _raw(self, number: int) -> str:
        return self.source[self.starts[number] : self.ends[number]].replace("\0", "\ufffd")

    def _find(self, core: str, number: int) -> int:
        """Return where a line's text starts; what precedes it are container markers."""
        raw = self._raw(number)
        if raw.endswith(core):
            return self.ends[number] - len(core)
        return self.starts[number] + max(0, raw.rfind(core))
