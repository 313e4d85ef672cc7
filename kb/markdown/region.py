"""The lines of one block as one string, each character still tied to the source."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from kb.markdown.source_map import TextWriter


class Edit(NamedTuple):
    """Replace ``text[start:end]`` of a region by other characters (none: remove it)."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Region:
    """Text of a block without the markers of the containers around it.

    :param starts: where each segment starts in ``text``; a segment is a line or a part of one.
    :param offsets: where each segment starts in the source.
    """

    text: str
    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def to_source(self, position: int) -> int:
        """Return the source offset of a character of the region."""
        index = max(0, bisect_right(self.starts, position) - 1)
        return self.offsets[index] + position - self.starts[index]

    def end_to_source(self, end: int) -> int:
        """Return the source offset just after the character before ``end``."""
        return self.to_source(end - 1) + 1 if end else self.to_source(0)

    def part(self, start: int, end: int | None = None) -> Region:
        """Return a region that holds a slice of this one."""
        end = len(self.text) if end is None else end
        first = max(0, bisect_right(self.starts, start) - 1)
        last = max(first + 1, bisect_right(self.starts, end))
        starts = [0, *(s - start for s in self.starts[first + 1 : last])]
        offsets = [self.to_source(start), *self.offsets[first + 1 : last]]
        return Region(self.text[start:end], tuple(starts), tuple(offsets))

    def write(self, writer: TextWriter, edits: list[Edit]) -> None:
        """Write the region with its edits applied; what no edit touches is written literally."""
        position = 0
        for edit in sorted(edits):
            # A later edit that starts inside an earlier one is already covered by it.
            if edit.start < position:
                continue
            self._literal(writer, position, edit.start)
            if edit.replacement:
                start = self.to_source(edit.start)
                writer.cover(edit.replacement, start, max(start, self.end_to_source(edit.end)))
            position = edit.end
        self._literal(writer, position, len(self.text))

    def _literal(self, writer: TextWriter, start: int, end: int) -> None:
        """Write a slice, a segment at a time."""
        index = max(0, bisect_right(self.starts, start) - 1)
        while start < end:
            stop = self.starts[index + 1] if index + 1 < len(self.starts) else end
            stop = min(stop, end)
            offset = self.offsets[index] - self.starts[index]
            writer.literal(start + offset, stop + offset)
            start = stop
            index += 1
