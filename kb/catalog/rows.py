"""What goes into the catalogue and what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.markdown.source_map import SourceMap

if TYPE_CHECKING:
    from retrieval.lexical import Entry

HEADING_GAP = " › "


def embed_text(title: str, heading: tuple[str, ...], text: str) -> str:
    """Return the text that stands for a passage in the encoder."""
    return HEADING_GAP.join((title, *heading, text))


def passage_key(text: str) -> bytes:
    """Return the name under which the vector of a passage's embedded text is kept."""
    return blake2b(text.encode(), digest_size=16, person=b"passage").digest()


def question_key(text: str) -> bytes:
    """Return the name under which the vector of a question is kept."""
    return blake2b(text.encode(), digest_size=16, person=b"question").digest()


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """A passage to be stored; ``key`` names its vector."""

    key: bytes
    heading: tuple[str, ...]
    text: str
    start: int
    end: int
    source_map: bytes


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question to be stored; ``key`` names its vector."""

    key: bytes
    question: str
    answer: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note to be stored with all that belongs to it.

    :param settled: whether size and time of the file are enough to know it again; False for a
        file so new that it could change once more without either of them changing.
    """

    path: str
    content_hash: bytes
    size: int
    mtime_ns: int
    settled: bool
    title: str
    folder: str
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    warnings: tuple[str, ...]
    passages: tuple[PassageDraft, ...]
    questions: tuple[QuestionDraft, ...]


@dataclass(frozen=True, slots=True)
class NoteState:
    """What tells whether a note changed since it was indexed."""

    id: int
    path: str
    content_hash: bytes
    size: int
    mtime_ns: int
    settled: bool


@dataclass(frozen=True, slots=True)
class NoteInfo:
    """A note as a list of notes shows it; ``modified`` is in UTC."""

    path: str
    title: str
    tags: tuple[str, ...]
    folder: str
    passages: int
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its note; offsets as in ``kb.passages.chunking.Passage``."""

    id: int
    note: str
    title: str
    folder: str
    ordinal: int
    heading: tuple[str, ...]
    text: str
    start: int
    end: int
    map_bytes: bytes

    @property
    def heading_line(self) -> str:
        """The headings above it, "A › B"."""
        return HEADING_GAP.join(self.heading)

    @property
    def context(self) -> str:
        """The note's title and the headings, "Title › A › B"."""
        return HEADING_GAP.join((self.title, *self.heading))

    @property
    def source_map(self) -> SourceMap:
        """Where each character stands in the note's source; decoded on every use."""
        return SourceMap.from_bytes(self.map_bytes)


@dataclass(frozen=True, slots=True)
class Outline:
    """A passage as a picture of many shows it; ``text`` is only its beginning."""

    id: int
    note: str
    title: str
    folder: str
    tags: tuple[str, ...]
    heading: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question that a note asks; ``answer`` is None if its section is the answer."""

    id: int
    note: str
    title: str
    question: str
    answer: str | None
    start: int
    end: int


def state_name(generation: int) -> str:
    """Return under which name the catalogue keeps the random name of a generation."""
    return f"state {generation:020d}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What an index derived from the catalogue must do to reflect it.

    :param generation: what it reflects afterwards.
    :param reset: whether it must begin empty, because the log does not reach back far enough.
    :param removed: ids to remove; empty with ``reset``.
    :param entries: passages to add or replace; can be read once, while the view is open.
    """

    generation: int
    reset: bool
    removed: NDArray[np.int64]
    entries: Iterator[Entry]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A passage as a store of its own takes it.

    :param generation: the one in which what is searched of it last changed.
    :param key: of its vector, see `passage_key`.
    :param vector: shape ``(dimension,)``.
    """

    entry: Entry
    generation: int
    key: bytes
    vector: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Totals:
    """What the catalogue holds, counted."""

    notes: int
    passages: int
    questions: int
