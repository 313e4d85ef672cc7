"""Clean text that knows, for every character, where it stands in the source."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

_VERSION = 1


class Run(NamedTuple):
    """A stretch of clean text and the stretch of source that it stands for.

    A literal run is the same characters on both sides. Any other run maps as a whole: an entity, an
    escape or a line break to its source, an inserted character to an empty range.
    """

    text_start: int
    length: int
    source_start: int
    source_length: int
    literal: bool


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Runs that tile a clean text from its first character to its last."""

    runs: tuple[Run, ...]

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Return the smallest source range that covers a span of the clean text.

        :param start: first character of the span, in the clean text.
        :param end: one past its last character.
        :raises ValueError: if the span does not lie in the text.
        """
        last = self.runs[-1] if self.runs else Run(0, 0, 0, 0, literal=True)
        if not 0 <= start <= end <= last.text_start + last.length:
            raise ValueError(f"span {start}:{end} is outside the text")
        if not self.runs:
            return 0, 0
        index = max(0, bisect_right(self.runs, start, key=_text_start) - 1)
        low, high = _edges(self.runs[index], start, max(start, end))
        while (index := index + 1) < len(self.runs) and self.runs[index].text_start < end:
            run_low, run_high = _edges(self.runs[index], start, end)
            low, high = min(low, run_low), max(high, run_high)
        return (low, low) if start == end else (low, high)

    def to_bytes(self) -> bytes:
        """Return a compact, versioned form for storage."""
        numbers: list[int] = []
        position = 0
        for run in self.runs:
            gap = run.source_start - position
            numbers.append(gap << 1 if gap >= 0 else ((-gap) << 1) - 1)
            numbers.append(run.length << 1 | (not run.literal))
            if not run.literal:
                numbers.append(run.source_length)
            position = run.source_start + run.source_length
        return bytes([_VERSION]) + _varints(numbers)

    @classmethod
    def from_bytes(cls, data: bytes) -> SourceMap:
        """Read what ``to_bytes`` wrote.

        :raises ValueError: if the data is damaged or of another version.
        """
        if not data or data[0] != _VERSION:
            raise ValueError(f"not a source map of version {_VERSION}")
        numbers = iter(_numbers(data[1:]))
        runs: list[Run] = []
        position = text_start = 0
        for code in numbers:
            try:
                sized = next(numbers)
                length, literal = sized >> 1, not sized & 1
                source_length = length if literal else next(numbers)
            except StopIteration:
                raise ValueError("source map is cut short") from None
            source_start = position + (-((code + 1) >> 1) if code & 1 else code >> 1)
            runs.append(Run(text_start, length, source_start, source_length, literal))
            text_start += length
            position = source_start + source_length
        return cls(tuple(runs))


@dataclass(frozen=True, slots=True)
class MappedText:
    """A clean text with its source map."""

    text: str
    map: SourceMap

    @property
    def span(self) -> tuple[int, int]:
        """The source range that covers the whole text."""
        return self.map.to_source(0, len(self.text))


class TextWriter:
    """Builds a mapped text from left to right."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[str] = []
        self._runs: list[Run] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def literal(self, start: int, end: int) -> None:
        """Add source characters as they are."""
        if start >= end:
            return
        self._parts.append(self._source[start:end])
        last = self._runs[-1] if self._runs else None
        if last and last.literal and last.source_start + last.length == start:
            length = last.length + end - start
            self._runs[-1] = Run(last.text_start, length, last.source_start, length, literal=True)
        else:
            self._runs.append(Run(self._length, end - start, start, end - start, literal=True))
        self._length += end - start

    def cover(self, text: str, start: int, end: int) -> None:
        """Add characters that stand for a source range as a whole."""
        if text:
            self._parts.append(text)
            self._runs.append(Run(self._length, len(text), start, end - start, literal=False))
            self._length += len(text)

    def append(self, piece: MappedText, start: int = 0, end: int | None = None) -> None:
        """Add a span of another mapped text."""
        end = len(piece.text) if end is None else end
        runs = piece.map.runs
        index = max(0, bisect_right(runs, start, key=_text_start) - 1)
        while index < len(runs) and runs[index].text_start < end:
            run = runs[index]
            low = max(start, run.text_start)
            high = min(end, run.text_start + run.length)
            if run.literal:
                shift = run.source_start - run.text_start
                self.literal(low + shift, high + shift)
            else:
                source_end = run.source_start + run.source_length
                self.cover(piece.text[low:high], run.source_start, source_end)
            index += 1

    def build(self, *, keep_indent: bool = False) -> MappedText:
        """Return the text without white space at its ends.

        :param keep_indent: keep the white space that begins the first line with text.
        """
        whole = self._untrimmed()
        text = whole.text
        start, end = len(text) - len(text.lstrip()), len(text.rstrip())
        if keep_indent:
            start = text.rfind("\n", 0, start) + 1
        if start == 0 and end == len(text):
            return whole
        trimmed = TextWriter(self._source)
        trimmed.append(whole, start, max(start, end))
        return trimmed._untrimmed()

    def _untrimmed(self) -> MappedText:
        return MappedText("".join(self._parts), SourceMap(tuple(self._runs)))


def _text_start(run: Run) -> int:
    return run.text_start


def _edges(run: Run, start: int, end: int) -> tuple[int, int]:
    """Source edges of the part of a run that lies in a span of the text."""
    if not run.literal:
        return run.source_start, run.source_start + run.source_length
    low = max(start, run.text_start) - run.text_start
    high = min(end, run.text_start + run.length) - run.text_start
    return run.source_start + low, run.source_start + max(low, high)


def _varints(numbers: list[int]) -> bytes:
    out = bytearray()
    for value in numbers:
        rest = value
        while rest > 0x7F:
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def _numbers(data: bytes) -> list[int]:
    numbers: list[int] = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    if shift:
        raise ValueError("source map is cut short")
    return numbers
