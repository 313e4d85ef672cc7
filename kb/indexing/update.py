"""Indexes what changed since the last time, batch by batch."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from kb.catalog.rows import NoteState
from kb.indexing.drafting import Drafted, Source
from kb.indexing.job import IndexJob, Progress, Texts
from kb.indexing.vanishing import looks_wrong
from kb.indexing.workers import ROUND_NOTES
from kb.notes.vault import NoteFile, Scan

# Texts that are embedded, and passages that are stored, in one transaction.
BATCH_TEXTS = 256
BATCH_PASSAGES = 4096


class _Change(NamedTuple):
    """A note to be stored, and the one whose place it takes."""

    drafted: Drafted
    old: NoteState | None


class Update:
    """One pass over the notes that differ from the catalogue."""

    def __init__(self, job: IndexJob, found: Scan) -> None:
        self._job = job
        self._found = found
        with job.catalog.view() as view:
            self._states = {state.path: state for state in view.states()}
            self._all = view.meta("recipe") != job.recipe
            self._epoch = int(view.meta("epoch") or 1)
        present, hidden = {file.path for file in found.files}, unread(found)
        # Notes that are no longer where they were, by what they say: some were only renamed.
        self._gone = defaultdict[bytes, list[NoteState]](list)
        for path, state in self._states.items():
            if path not in present and not is_covered(path, hidden):
                self._gone[state.content_hash].append(state)
        self._texts = Texts()
        self._changes: list[_Change] = []
        self._touched: list[tuple[NoteState, Source]] = []
        self._passages = 0

    def run(self) -> None:
        """Store what is new, then drop what is gone: so a text that moved keeps its vector."""
        job, files = self._job, self._found.files
        todo = [
            file for file in files if self._all or not is_same(file, self._states.get(file.path))
        ]
        job.counts["unchanged"] += len(files) - len(todo)
        done = 0
        for position, file in enumerate(todo):
            job.report(Progress("embedding", done, len(todo), file.path))
            if position % ROUND_NOTES == 0:
                job.prepare(todo[position : position + ROUND_NOTES], self._epoch)
            self._look_at(file)
            if len(self._texts) >= BATCH_TEXTS or self._passages >= BATCH_PASSAGES:
                self._store()
                done = position + 1
        if self._changes or self._touched:
            self._store()
        job.report(Progress("embedding", len(todo), len(todo)))
        with job.catalog.change() as writer:
            gone = [state for states in self._gone.values() for state in states]
            if looks_wrong(len(gone), len(self._states)) and not job.forget:
                job.missing = tuple(sorted(state.path for state in gone))
                gone = []
            writer.remove_notes([state.id for state in gone])
            job.counts["removed"] += len(gone)
            job.conclude(writer)

    def _look_at(self, file: NoteFile) -> None:
        """Read a file and note down what must be done about it."""
        source = self._job.read(file)
        if source is None:
            return
        state = self._states.get(file.path)
        if state and state.content_hash == source.content_hash and not self._all:
            self._touched.append((state, source))
            self._passages += 1
            return
        if state is None and self._gone.get(source.content_hash):
            state = self._gone[source.content_hash].pop()
        drafted = self._job.draft(source)
        self._changes.append(_Change(drafted, state))
        self._passages += 1 + len(drafted.note.passages)
        with self._job.catalog.view() as view:
            self._texts.add(drafted, view, self._epoch)

    def _store(self) -> None:
        job = self._job
        while len(self._texts) > BATCH_TEXTS:
            # A long note: its vectors are kept ahead of it, so that little is lost if we die.
            vectors = job.encode(self._texts.take(BATCH_TEXTS))
            with job.catalog.change() as writer:
                writer.put_vectors(self._epoch, vectors)
        vectors = job.encode(self._texts)
        with job.catalog.change() as writer:
            writer.put_vectors(self._epoch, vectors)
            for drafted, old in self._changes:
                writer.put_note(drafted.note, old.id if old else None)
            for state, source in self._touched:
                writer.touch(state.id, source.file, settled=source.settled)
        for change in self._changes:
            job.counts[_kind(change)] += 1
        job.counts["unchanged"] += len(self._touched)
        self._texts, self._changes, self._touched, self._passages = Texts(), [], [], 0


def is_same(file: NoteFile, state: NoteState | None, *, trust: bool = False) -> bool:
    """Say whether a file is as it was indexed, without reading it.

    :param trust: believe its time, however new the file was then.
    """
    return (
        state is not None
        and (trust or state.settled)
        and (state.size, state.mtime_ns) == (file.size, file.mtime_ns)
    )


def unread(found: Scan) -> frozenset[str]:
    """Return the paths of files and folders that could not be read this time."""
    return frozenset(skipped.path for skipped in found.skipped)


def is_covered(path: str, unread: frozenset[str]) -> bool:
    """Say whether a note may still be there, in what could not be read."""
    ends = [position for position, char in enumerate(path) if char == "/"]
    return not unread.isdisjoint(["", path, *(path[:end] for end in ends)])


def _kind(change: _Change) -> str:
    old, new = change.old, change.drafted.note
    if old is None:
        return "added"
    if old.path != new.path:
        return "renamed"
    return "unchanged" if old.content_hash == new.content_hash else "changed"
