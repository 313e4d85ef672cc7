"""Fills passages with blocks, as many as fit, and cuts only what does not fit alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kb.markdown.document import Block
from kb.markdown.source_map import MappedText, TextWriter
from kb.passages.sentences import MAX_CHARS_PER_TOKEN, cut, line_spans, sentence_spans

_BLOCK_GAP, _PART_GAP = "\n\n", "\n"


@dataclass(frozen=True, slots=True)
class Packed:
    """The text of a passage and the source range of what is its own."""

    text: MappedText
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A block with its size; a leaf too long to be counted at once has more than any limit."""

    block: Block
    tokens: int
    children: tuple[_Part, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A slice of a leaf in a passage.

    :param gap: what stands before it, unless it is the first.
    :param repeated: whether it is the header of a table that began in an earlier passage.
    """

    text: MappedText
    start: int
    end: int
    tokens: int
    gap: str
    repeated: bool = False


class Packer:
    """Takes the blocks that stand under one heading, in order, and gives passages."""

    def __init__(self, source: str, count_tokens: Callable[[str], int], limit: int) -> None:
        self._source = source
        self._count_tokens = count_tokens
        self._limit = limit
        self._gap_tokens = max(count_tokens(_BLOCK_GAP), count_tokens(_PART_GAP))
        self._pieces: list[_Piece] = []
        self._tokens = 0
        self._done: list[Packed] = []

    def _count(self, text: str) -> int:
        # At least one, so that the pieces of a passage are never more than its tokens.
        return max(1, self._count_tokens(text))

    def pack(self, blocks: Iterable[Block]) -> list[Packed]:
        """Return the passages of some blocks; a footnote is a passage of its own."""
        for block in blocks:
            if block.kind == "footnote":
                self._flush()
            self._fill(self._measure(block), _BLOCK_GAP)
            if block.kind == "footnote":
                self._flush()
        self._flush()
        done, self._done = self._done, []
        return done

    def _measure(self, block: Block) -> _Part:
        children = tuple(self._measure(child) for child in block.children)
        tokens = sum(child.tokens + self._gap_tokens for child in children)
        if block.text is not None:
            length = len(block.text.text)
            countable = length <= self._limit * MAX_CHARS_PER_TOKEN
            tokens += self._count(block.text.text) if countable else self._limit + 1
        return _Part(block, tokens, children)

    def _fill(self, part: _Part, gap: str) -> None:
        """Add a part whole if it fits here or in a passage of its own, else its parts."""
        if part.tokens <= self._limit:
            self._make_room(part.tokens)
            self._whole(part, gap)
        elif part.block.kind == "table" and part.block.text is not None:
            self._rows(part, part.block.text, gap)
        elif part.children:
            for index, child in enumerate(part.children):
                self._fill(child, _PART_GAP if index else gap)
        elif part.block.text is not None:
            self._slices(part.block, part.block.text, gap)

    def _fits(self, tokens: int) -> bool:
        return not self._pieces or self._tokens + self._gap_tokens + tokens <= self._limit

    def _add(self, piece: _Piece) -> None:
        self._tokens += piece.tokens
        if self._pieces and piece.gap:
            self._tokens += self._gap_tokens
        self._pieces.append(piece)

    def _whole(self, part: _Part, gap: str) -> None:
        text = part.block.text
        if text is not None:
            own = part.tokens - sum(child.tokens + self._gap_tokens for child in part.children)
            self._add(_Piece(text, 0, len(text.text), own, gap))
            gap = _PART_GAP
        for child in part.children:
            self._whole(child, gap)
            gap = _PART_GAP

    def _slices(self, block: Block, text: MappedText, gap: str) -> None:
        """Add a leaf sentence by sentence or line by line."""
        spans = line_spans(text.text) if block.kind == "code" else sentence_spans(text.text)
        for start, end in spans:
            countable = end - start <= self._limit * MAX_CHARS_PER_TOKEN
            tokens = self._count(text.text[start:end]) if countable else self._limit + 1
            if tokens <= self._limit:
                self._slice(_Piece(text, start, end, tokens, gap if start == 0 else ""))
                continue
            for low, high in cut(text.text, start, end, self._limit, self._count):
                tokens = self._count(text.text[low:high])
                self._slice(_Piece(text, low, high, tokens, gap if low == 0 else ""))

    def _slice(self, piece: _Piece) -> None:
        self._make_room(piece.tokens)
        self._add(piece)

    def _rows(self, part: _Part, header: MappedText, gap: str) -> None:
        """Add a table row by row; every further passage begins with the header again."""
        head = Block("prose", header)
        head_part = self._measure(head)
        first = part.children[0].tokens + self._gap_tokens if part.children else 0
        self._make_room(head_part.tokens + first)
        self._fill(head_part, gap)
        room = self._limit - head_part.tokens - self._gap_tokens
        repeated = _Piece(header, 0, len(header.text), head_part.tokens, "", repeated=True)
        for row in part.children:
            self._make_room(row.tokens)
            if not self._pieces and row.tokens <= room:
                self._add(repeated)
            self._fill(row, _PART_GAP)

    def _make_room(self, tokens: int) -> None:
        """End passages until so many tokens fit."""
        while not self._fits(tokens):
            self._end_passage()

    def _flush(self) -> None:
        """End passages until nothing is left."""
        while self._pieces:
            self._end_passage()

    def _end_passage(self) -> None:
        """Turn the pieces into a passage; those that are too many stay for the next."""
        packed, left = self._packed(), list[_Piece]()
        # Sizes were added up, which a tokenizer need not agree with: the sum is counted as well.
        while len(self._pieces) > 1 and (total := self._count(packed.text.text)) > self._limit:
            keep = max(1, min(len(self._pieces) * self._limit // total, len(self._pieces) - 1))
            left = self._pieces[keep:] + left
            del self._pieces[keep:]
            packed = self._packed()
        if packed.text.text and not all(piece.repeated for piece in self._pieces):
            self._done.append(packed)
        self._pieces = left
        self._tokens = sum(piece.tokens + self._gap_tokens for piece in left)

    def _packed(self) -> Packed:
        writer = TextWriter(self._source)
        start, end = len(self._source), 0
        last = 0
        for piece in self._pieces:
            low, high = piece.text.map.to_source(piece.start, piece.end)
            if len(writer):
                writer.cover(piece.gap, last, last)
            writer.append(piece.text, piece.start, piece.end)
            last = high
            if not piece.repeated:
                start, end = min(start, low), max(end, high)
        return Packed(writer.build(keep_indent=True), start, end)
