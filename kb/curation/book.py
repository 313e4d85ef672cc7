"""`FaqBook`: the questions and answers of the notes, found and curated, and how they change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.curation.entry import with_changed_entry
from kb.curation.promoting import as_markdown, in_sentences
from kb.curation.sections import Section, replaced, section_at, sections
from kb.curation.watching import Watched, watch
from kb.errors import NoteError, VaultError
from kb.notes.transaction import changing
from kb.notes.vault import is_note_path, read_text, scan
from kb.notes.writing import replace_atomic, safe_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kb.answer import Citation
    from kb.curation.curator import Curator
    from kb.curation.pins import State
    from kb.faq import FaqEntry, FaqIndex

FAQ_NOTE = "faq"
_PINNED = "<!-- kb:source "


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A question that the notes ask, and the answer that they give it.

    :param answer: as it is given to who asks.
    :param digest: names the text of the entry, by which a change is made; None if it is not a
        heading with a text of its own, and so is edited in the note itself.
    :param watched: what became of its source, if it is pinned to one.
    """

    question: str
    answer: str
    citation: Citation
    digest: str | None = None
    watched: Watched | None = None

    @property
    def state(self) -> State | None:
        """What became of its source."""
        return self.watched.state if self.watched else None

    @property
    def to_review(self) -> bool:
        """Whether its source says something else by now."""
        return self.watched is not None and self.watched.to_review

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.citation.note}:{self.citation.start}"


def to_json(entry: BookEntry) -> dict[str, Any]:
    """Return an entry as JSON holds it."""
    cited, watched = entry.citation, entry.watched
    pin = watched.pin if watched else None
    source = watched and {
        "state": watched.state,
        "note": pin.note if pin else None,
        "start": pin.start if pin else None,
        "end": pin.end if pin else None,
        "now": watched.now,
    }
    return {
        "question": entry.question,
        "answer": entry.answer,
        "note": cited.note,
        "heading": cited.heading,
        "start": cited.start,
        "end": cited.end,
        "source": source,
    }


class FaqBook:
    """Lists what the notes ask and answer, and changes it in the notes; thread-safe.

    What is written is found after the next indexing.
    """

    def __init__(self, root: Path, index: FaqIndex, curator: Curator, *, max_bytes: int) -> None:
        self._root = root
        self._index = index
        self._curator = curator
        self._max_bytes = max_bytes
        self._listed: tuple[object, list[FaqEntry], list[list[str]]] = (None, [], [])

    def entries(self, text: str = "", *, review: bool = False) -> list[BookEntry]:
        """Return the entries by note and place; sources are looked at as they are on disk.

        :param text: only with all of these words in question, answer or the note's name.
        :param review: only those whose source says something else by now.
        :raises CatalogMissing: if nothing is indexed.
        """
        words = text.casefold().split()
        listed, _ = self._list()
        shown = [entry for entry in listed if _holds(entry, words)]
        kept: dict[str, dict[str, Section]] = {
            note: self._pinned(note) for note in {entry.citation.note for entry in shown}
        }
        found = [self._entry(each, kept[each.citation.note].get(each.question)) for each in shown]
        return [entry for entry in found if entry.to_review or not review]

    def duplicates(self) -> list[list[BookEntry]]:
        """Group entries whose questions mean the same, where there is more than one."""
        listed, alike = self._list()
        by_question: dict[str, list[FaqEntry]] = {}
        for entry in listed:
            by_question.setdefault(entry.question, []).append(entry)
        found = [
            [entry for question in dict.fromkeys(group) for entry in by_question.get(question, [])]
            for group in alike
        ]
        return [
            [self.editable(self._entry(each)) for each in group] for group in found if group[1:]
        ]

    def promote(self, question: str, answer: Citation, note: str = FAQ_NOTE) -> str:
        """Make an entry of an answer that the notes gave: its words in their whole sentences.

        :return: the path of the note that it was written to.
        :raises VaultError: as `Curator.write_entry`.
        """
        words, origin = in_sentences(answer, self._index.passages_of(answer.note))
        return self._curator.write_entry(note, question, as_markdown(words), origin)

    def editable(self, entry: BookEntry) -> BookEntry:
        """Return an entry with its digest, if it can be edited here."""
        try:
            held = sections(entry.citation.note, self._read(entry.citation.note))
        except NoteError:
            return entry
        section = next((each for each in held if each.question == entry.question), None)
        return replace(entry, digest=section.digest if section else None)

    def text_of(self, entry: BookEntry) -> str:
        """Return the Markdown of an entry's answer.

        :raises VaultError: if the entry is no longer there in these words.
        """
        return self._section(entry)[1].answer

    def edit(self, entry: BookEntry, question: str, answer: str) -> None:
        """Change an entry; what its source says by now counts as seen.

        :raises VaultError: if the entry was changed meanwhile, or would not be one any more.
        """
        path = entry.citation.note
        with changing(self._root):
            source, section = self._section(entry)
            pin = entry.watched.pin if entry.watched else section.pin
            changed = with_changed_entry(path, source, section, question, answer, pin)
            replace_atomic(safe_path(self._root, path), changed, source)

    def accept(self, entry: BookEntry) -> None:
        """Keep an entry as it is, though its source changed."""
        self.edit(entry, entry.question, self.text_of(entry))

    def merge(self, keep: BookEntry, others: Sequence[BookEntry]) -> None:
        """Keep one of several entries that ask the same and take the others out of their notes.

        :raises VaultError: if one was changed meanwhile or cannot be edited here; those before it
            are merged then.
        """
        for each in others:
            if each.key != keep.key:
                self.remove(each)

    def remove(self, entry: BookEntry) -> None:
        """Take an entry out of its note.

        :raises VaultError: if it was changed meanwhile or cannot be edited here.
        """
        with changing(self._root):
            source, section = self._section(entry)
            path = safe_path(self._root, entry.citation.note)
            replace_atomic(path, replaced(source, section, ""), source)

    def _list(self) -> tuple[list[FaqEntry], list[list[str]]]:
        state = self._index.state
        if self._listed[0] != state:
            self._listed = state, self._index.entries(), self._index.alike()
        return self._listed[1], self._listed[2]

    def _entry(self, found: FaqEntry, section: Section | None = None) -> BookEntry:
        watched = None
        if section is not None and section.pin is not None:
            own = found.citation.note

            def others() -> list[str]:
                # The entry itself holds the words, but is no source of them.
                return [path for path in self._paths() if path != own]

            watched = watch(section.pin, section.answer, self._read, others)
        digest = section.digest if section else None
        return BookEntry(found.question, found.text, found.citation, digest, watched)

    def _pinned(self, note: str) -> dict[str, Section]:
        """Return the entries of a note by their questions, if it holds a pin at all."""
        try:
            source = self._read(note)
        except NoteError:  # gone since it was indexed
            return {}
        if _PINNED not in source:
            return {}
        return {each.question: each for each in sections(note, source)}

    def _section(self, entry: BookEntry) -> tuple[str, Section]:
        if entry.digest is None:
            raise VaultError(f"{entry.citation.note}: this entry is edited in the note itself")
        source = self._read(entry.citation.note)
        return source, section_at(entry.citation.note, source, entry.digest)

    def _read(self, path: str) -> str:
        if not is_note_path(path):  # what a pin says is not to be trusted
            raise NoteError(f"{path[:200]!r} is not the path of a note")
        return read_text(self._root, path, max_bytes=self._max_bytes)

    def _paths(self) -> list[str]:
        return [file.path for file in scan(self._root, max_bytes=self._max_bytes).files]


def _holds(entry: FaqEntry, words: Sequence[str]) -> bool:
    text = f"{entry.question} {entry.text} {entry.citation.note}".casefold()
    return all(word in text for word in words)
