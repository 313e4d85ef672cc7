"""A receipt of an answer: its words, their place and context, the models and index it is of."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.catalog.catalog import Catalog
from kb.errors import KbError, NoteError
from kb.indexing.drafting import content_hash
from kb.passages.sentences import sentence_spans
from kb.storage.text import sha256_hex

if TYPE_CHECKING:
    from kb.answer import Answer, Citation
    from kb.knowledge import KnowledgeBase

# Enough on each side to tell one repeat of a sentence from another.
CONTEXT_CHARS = 80


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer as it was given; offsets count code points of the note's source.

    :param start: start of the answer's words, inside ``quote``.
    :param quote: the sentences of the source that hold them, from ``quote_start`` on.
    :param quote_hash: SHA-256 of ``quote``; ``note_hash``: of the whole note.
    :param before: what stood ahead of the quote; ``after``: what followed it.
    :param generation: of the index that was asked.
    :param asked_at: in UTC, ISO 8601.
    """

    question: str
    answer: str
    confidence: float
    note: str
    start: int
    end: int
    quote: str
    quote_start: int
    before: str
    after: str
    note_hash: str
    quote_hash: str
    reader: str
    encoder: str
    generation: int
    asked_at: str

    def __post_init__(self) -> None:
        if sha256_hex(self.quote) != self.quote_hash:
            raise ValueError("the quoted words are not those of quote_hash")
        low, high = self.start - self.quote_start, self.end - self.quote_start
        if not (self.start >= 0 and 0 <= low < high <= len(self.quote)):
            raise ValueError(f"{self.start}–{self.end} is no place in the quote")


def make_receipt(base: KnowledgeBase, answer: Answer) -> Receipt:
    """Make the receipt of an answer that the base has just given.

    :raises KbError: if there is no answer, or the note changed since it was indexed.
    """
    if answer.text is None:
        raise KbError("no receipt: the notes gave no answer")
    citation = answer.citations[0]
    source = base.read_note(citation.note).source
    with Catalog(base.root).view() as view:
        indexed = {state.path: state.content_hash for state in view.states()}
        generation = view.generation()
    if indexed.get(citation.note) != content_hash(source):
        raise NoteError(
            f"{citation.note} changed since it was indexed, so that the answer's place is not"
            " sure and no receipt was written: run `kb index` and ask again"
        )
    start, end = _place(source, citation, answer.text)
    low, high = _sentences(source, citation, start, end)
    encoder, reader = base.fingerprints
    return Receipt(
        question=answer.question,
        answer=answer.text,
        confidence=answer.confidence,
        note=citation.note,
        start=start,
        end=end,
        quote=source[low:high],
        quote_start=low,
        before=source[max(0, low - CONTEXT_CHARS) : low],
        after=source[high : high + CONTEXT_CHARS],
        note_hash=sha256_hex(source),
        quote_hash=sha256_hex(source[low:high]),
        reader=reader,
        encoder=encoder,
        generation=generation,
        asked_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def append_receipt(file: Path, receipt: Receipt) -> None:
    """Add a receipt to a file as one line of JSON, which is written whole or not at all.

    :raises KbError: if the file cannot be written.
    """
    line = json.dumps(asdict(receipt), ensure_ascii=False).encode() + b"\n"
    try:
        with file.open("a+b", buffering=0) as out:
            size = out.seek(0, os.SEEK_END)
            out.seek(max(0, size - 1))
            if out.read(1) not in (b"", b"\n"):
                # A run that was killed left half a line: ours begins on one of its own.
                line = b"\n" + line
            try:
                if out.write(line) != len(line):
                    raise OSError(0, "the disk is full: it took only a part")
                os.fsync(out.fileno())
            except OSError:
                out.truncate(size)
                raise
    except OSError as exc:
        raise KbError(f"the receipt cannot be written to {file}: {exc.strerror}") from exc


def read_receipts(file: Path) -> list[Receipt]:
    """Read what ``append_receipt`` wrote.

    :raises KbError: if the file cannot be read, or naming the first line that is no receipt.
    """
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise KbError(f"cannot read {file}: {exc}") from exc
    found = [
        _receipt(file, number, line) for number, line in enumerate(lines, start=1) if line.strip()
    ]
    if not found:
        raise KbError(f"{file} holds no receipt")
    return found


def _receipt(file: Path, number: int, line: str) -> Receipt:
    try:
        loaded: Any = json.loads(line)
        given = {each.name: loaded[each.name] for each in fields(Receipt)}
        wrong = [name for name, value in given.items() if not _is_of_kind(name, value)]
        if wrong:
            raise ValueError(f"{wrong[0]} is {given[wrong[0]]!r}")
        return Receipt(**given)
    except (ValueError, LookupError, TypeError, RecursionError) as exc:
        raise KbError(f"{file}:{number} is no receipt of `kb ask --receipt`: {exc}") from exc


def _is_of_kind(name: str, value: object) -> bool:
    if name in ("start", "end", "quote_start", "generation"):
        return type(value) is int
    return isinstance(value, (int, float) if name == "confidence" else str)


def _place(source: str, citation: Citation, text: str) -> tuple[int, int]:
    """Return where the answer's words stand; curated answers are cited by their front matter."""
    at = source.find(text, citation.start, citation.end)
    return (at, at + len(text)) if at >= 0 else (citation.start, citation.end)


def _sentences(source: str, citation: Citation, start: int, end: int) -> tuple[int, int]:
    """Return the span of the sentences that hold a place, without the white space around them."""
    top, bottom = citation.passage_start, citation.passage_end
    if (citation.start, citation.end) == (top, bottom) or not top <= start < end <= bottom:
        # Front matter has no sentences, and a whole passage needs none.
        return start, end
    held = [
        (top + low, top + high)
        for low, high in sentence_spans(source[top:bottom])
        if top + low < end and top + high > start
    ]
    low, high = held[0][0], held[-1][1]
    while low < start and source[low].isspace():
        low += 1
    while high > end and source[high - 1].isspace():
        high -= 1
    return low, high
