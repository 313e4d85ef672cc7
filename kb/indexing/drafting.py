"""Reads one note file into what the catalogue stores of it, and the texts to be embedded."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from kb.catalog.rows import (
    NoteDraft,
    PassageDraft,
    QuestionDraft,
    embed_text,
    passage_key,
    question_key,
)
from kb.notes.note import Note, parse_note
from kb.notes.questions import Question
from kb.notes.vault import NoteFile, read_text
from kb.passages.chunking import Passage, split
from kb.storage.text import storable

# Raise it when the same source gives other passages than before: then all notes are read again.
PARSER_VERSION = 4

# A file written this shortly before it was listed could change again within one tick of its clock.
_UNSETTLED_NS = 2_000_000_000


class TokenCounter(Protocol):
    """What drafting needs of an encoder."""

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a text."""
        ...


def content_hash(source: str) -> bytes:
    """Return what tells whether a note says the same as before."""
    return blake2b(source.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A note to be stored, and its texts by the keys of their vectors."""

    note: NoteDraft
    passages: dict[bytes, str]
    questions: dict[bytes, str]


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file and what tells whether it changed."""

    file: NoteFile
    text: str
    content_hash: bytes
    settled: bool


@dataclass(frozen=True, slots=True)
class Drafter:
    """Reads the notes of one folder.

    :param listed_ns: when the folder was listed, as ``time.time_ns`` gives it.
    """

    root: Path
    counter: TokenCounter
    passage_tokens: int
    max_bytes: int
    listed_ns: int

    def read(self, file: NoteFile) -> Source:
        """Read a file.

        :raises NoteError: if it is gone or is not text.
        """
        text = read_text(self.root, file.path, max_bytes=self.max_bytes)
        return Source(
            file, text, content_hash(text), file.mtime_ns < self.listed_ns - _UNSETTLED_NS
        )

    def draft(self, source: Source) -> Drafted:
        """Split a note into what is stored of it."""
        file = source.file
        note = parse_note(file.path, source.text)
        title = storable(note.title)
        passages: dict[bytes, str] = {}
        questions: dict[bytes, str] = {}
        drafts = NoteDraft(
            path=file.path,
            content_hash=source.content_hash,
            size=file.size,
            mtime_ns=file.mtime_ns,
            settled=source.settled,
            title=title,
            folder=file.path.rpartition("/")[0],
            tags=tuple(dict.fromkeys(map(storable, note.tags))),
            aliases=tuple(map(storable, note.aliases)),
            warnings=tuple(map(storable, note.warnings)),
            passages=tuple(
                _passage(passage, title, passages) for passage in self._passages(note, source)
            ),
            questions=tuple(
                _question(each, questions) for each in note.questions if not note.is_golden
            ),
        )
        return Drafted(drafts, passages, questions)

    def _passages(self, note: Note, source: Source) -> list[Passage]:
        """Split a note; one of golden questions would answer them itself."""
        if note.is_golden:
            return []
        return split(note, source.text, self.counter.count_tokens, self.passage_tokens)


def _passage(passage: Passage, title: str, texts: dict[bytes, str]) -> PassageDraft:
    heading = tuple(map(storable, passage.heading_path))
    text = storable(passage.text)
    embedded = embed_text(title, heading, text)
    key = passage_key(embedded)
    texts[key] = embedded
    source_map = passage.source_map.to_bytes()
    return PassageDraft(key, heading, text, passage.start, passage.end, source_map)


def _question(question: Question, texts: dict[bytes, str]) -> QuestionDraft:
    text = storable(question.question)
    answer = None if question.answer is None else storable(question.answer)
    key = question_key(text)
    texts[key] = text
    return QuestionDraft(key, text, answer, question.start, question.end)
