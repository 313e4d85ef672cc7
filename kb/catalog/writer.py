"""Changes to the catalogue, inside one transaction."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.catalog.rows import NoteDraft, PassageDraft, state_name
from kb.catalog.view import VECTOR, CatalogView
from kb.notes.vault import NoteFile

# So many removed ids are remembered; an index further behind is filled anew.
KEPT_REMOVALS = 100_000
# So many generations keep their name; an index further behind is filled anew too.
_STATES = 5_000
# So many vectors are remembered one by one as perhaps of no use; of more, all are looked through.
_MOST_LOOSE = 10_000


class _Old(NamedTuple):
    """What the catalogue holds of a passage that may be kept."""

    id: int
    place: tuple[int, int, int, bytes]


class CatalogWriter:
    """Writes notes, passages, questions and vectors; ``Catalog.change`` makes and ends it."""

    def __init__(self, connection: sqlite3.Connection, view: CatalogView) -> None:
        self._connection = connection
        self.view = view
        self._before = view.generation()
        self._generation = self._before + 1
        self._changed = False
        # Vectors that something stopped referring to, or never did yet; None: any may be one.
        self._loose: set[int] | None = _read_loose(view.meta("unswept"))
        self._epoch = int(view.meta("epoch") or 1)

    @property
    def epoch(self) -> int:
        """Which vectors the passages refer to."""
        return self._epoch

    def begin_epoch(self, epoch: int) -> None:
        """Drop all notes and passages; what is stored next refers to the vectors of an epoch."""
        self._connection.execute("DELETE FROM notes")
        self._connection.execute("DELETE FROM removed")
        self._loose = None
        self._epoch = epoch
        self.put_meta("epoch", str(epoch))
        # No log leads over this point: whatever is derived begins anew.
        self.put_meta("floor", str(self._generation))
        self._changed = True

    def put_vectors(self, epoch: int, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Store vectors by their keys; a key that is there already is left alone."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO vectors (epoch, key, vector) VALUES (?, ?, ?)",
            ((epoch, key, vector.astype(VECTOR).tobytes()) for key, vector in vectors.items()),
        )
        if epoch == self._epoch:
            self._loosen(self.view.known(vectors, epoch).values())
        else:
            self._loose = None  # made ahead, for an epoch that may never begin

    def put_note(self, draft: NoteDraft, note_id: int | None = None) -> None:
        """Store a note; its vectors must be there.

        :param note_id: the note that it takes the place of, also under another path.
        """
        self._changed = True
        values = (
            draft.path,
            draft.content_hash,
            draft.size,
            draft.mtime_ns,
            draft.settled,
            draft.title,
            draft.folder,
            _json(draft.tags),
            _json(draft.aliases),
            _json(draft.warnings),
        )
        renewed = False
        if note_id is None:
            cursor = self._connection.execute(
                "INSERT INTO notes (path, content_hash, size, mtime_ns, settled, title, folder,"
                " tags, aliases, warnings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            note_id = int(cursor.lastrowid or 0)
        else:
            renewed = self._entry_fields(note_id) != (draft.title, draft.folder, _json(draft.tags))
            self._connection.execute(
                "UPDATE notes SET path = ?, content_hash = ?, size = ?, mtime_ns = ?, settled = ?,"
                " title = ?, folder = ?, tags = ?, aliases = ?, warnings = ? WHERE id = ?",
                (*values, note_id),
            )
        self._put_tags(note_id, draft.tags)
        self._put_passages(note_id, draft.passages, renewed=renewed)
        self._put_questions(note_id, draft)

    def touch(self, note_id: int, file: NoteFile, *, settled: bool) -> None:
        """Remember a new size or time of a file whose content is the same."""
        self._connection.execute(
            "UPDATE notes SET size = ?, mtime_ns = ?, settled = ? WHERE id = ?",
            (file.size, file.mtime_ns, settled, note_id),
        )

    def remove_notes(self, ids: Iterable[int]) -> None:
        """Drop notes and all that belongs to them."""
        for note_id in ids:
            self._changed = True
            query = "SELECT id FROM passages WHERE note_id = ?"
            self._remove_passages([row[0] for row in self._connection.execute(query, (note_id,))])
            self._remove_questions(note_id)
            self._connection.execute("DELETE FROM notes WHERE id = ?", (note_id,))

    def put_meta(self, name: str, value: str) -> None:
        """Store a named value."""
        self._connection.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def sweep(self) -> None:
        """Drop vectors that nothing refers to, and the oldest of a long list of removed ids."""
        among = "" if self._loose is None else "id IN (SELECT value FROM json_each(?)) AND"
        self._connection.execute(
            f"DELETE FROM vectors WHERE {among}"
            " NOT EXISTS (SELECT 1 FROM passages WHERE vector_id = vectors.id) AND"
            " NOT EXISTS (SELECT 1 FROM questions WHERE vector_id = vectors.id)",
            () if self._loose is None else (json.dumps(sorted(self._loose)),),
        )
        self._loose = set()
        row = self._connection.execute(
            "SELECT generation FROM removed ORDER BY generation DESC LIMIT 1 OFFSET ?",
            (KEPT_REMOVALS,),
        ).fetchone()
        if row is not None:
            self._connection.execute("DELETE FROM removed WHERE generation <= ?", row)
            self.put_meta("floor", str(row[0]))

    def drop_staged(self) -> None:
        """Drop vectors of an epoch that has not begun."""
        self._connection.execute("DELETE FROM vectors WHERE epoch > ?", (self._epoch,))

    def finish(self) -> None:
        """Raise the generation if anything changed."""
        loose = "1" if self._loose is None else json.dumps(sorted(self._loose))
        if loose != self.view.meta("unswept"):
            self.put_meta("unswept", loose)
        if self._changed:
            self.put_meta("generation", str(self._generation))
            self.put_meta(state_name(self._generation), secrets.token_hex(8))
            self._connection.execute(
                "DELETE FROM meta WHERE name >= ? AND name < ?",
                (state_name(0), state_name(max(0, self._generation - _STATES))),
            )

    def _entry_fields(self, note_id: int) -> tuple[str, str, str]:
        query = "SELECT title, folder, tags FROM notes WHERE id = ?"
        title, folder, tags = self._connection.execute(query, (note_id,)).fetchone()
        return title, folder, tags

    def _put_tags(self, note_id: int, tags: Sequence[str]) -> None:
        self._connection.execute("DELETE FROM note_tags WHERE note_id = ?", (note_id,))
        self._connection.executemany(
            "INSERT INTO note_tags (tag, note_id) VALUES (?, ?)", [(tag, note_id) for tag in tags]
        )

    def _put_passages(self, note_id: int, drafts: Sequence[PassageDraft], *, renewed: bool) -> None:
        """Store passages; those that say the same as before keep their ids."""
        old = self._old_passages(note_id)
        vectors = self.view.known((draft.key for draft in drafts), self._epoch)
        for ordinal, draft in enumerate(drafts):
            place = (ordinal, draft.start, draft.end, draft.source_map)
            vector_id = vectors[draft.key]
            heading = _json(draft.heading)
            same = old.get((vector_id, heading, draft.text))
            if not same:
                self._connection.execute(
                    "INSERT INTO passages (note_id, vector_id, heading, text, ordinal, start, stop,"
                    " source_map, created, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (note_id, vector_id, heading, draft.text, *place, *[self._generation] * 2),
                )
                continue
            kept = same.pop(0)
            if kept.place != place:
                self._connection.execute(
                    "UPDATE passages SET ordinal = ?, start = ?, stop = ?, source_map = ?"
                    " WHERE id = ?",
                    (*place, kept.id),
                )
            if renewed:
                self._connection.execute(
                    "UPDATE passages SET generation = ? WHERE id = ?", (self._generation, kept.id)
                )
        self._remove_passages([each.id for rest in old.values() for each in rest])

    def _old_passages(self, note_id: int) -> dict[tuple[int, str, str], list[_Old]]:
        """Gather the passages of a note by what they say, in their order."""
        old = defaultdict[tuple[int, str, str], list[_Old]](list)
        rows = self._connection.execute(
            "SELECT id, vector_id, heading, text, ordinal, start, stop, source_map"
            " FROM passages WHERE note_id = ? ORDER BY ordinal",
            (note_id,),
        )
        for number, vector_id, heading, text, *place in rows:
            ordinal, start, stop, source_map = place
            old[vector_id, heading, text].append(_Old(number, (ordinal, start, stop, source_map)))
        return old

    def _remove_passages(self, ids: Sequence[int]) -> None:
        for passage_id in ids:
            query = "SELECT vector_id FROM passages WHERE id = ?"
            self._loosen(row[0] for row in self._connection.execute(query, (passage_id,)))
            self._connection.execute("DELETE FROM passages WHERE id = ?", (passage_id,))
            self._connection.execute(
                "INSERT INTO removed (passage_id, generation) VALUES (?, ?)",
                (passage_id, self._generation),
            )

    def _remove_questions(self, note_id: int) -> None:
        query = "DELETE FROM questions WHERE note_id = ? RETURNING vector_id"
        self._loosen([row[0] for row in self._connection.execute(query, (note_id,))])

    def _loosen(self, vector_ids: Iterable[int]) -> None:
        """Remember vectors that the next sweep must look at."""
        if self._loose is not None:
            self._loose.update(vector_ids)
            if len(self._loose) > _MOST_LOOSE:
                self._loose = None

    def _put_questions(self, note_id: int, draft: NoteDraft) -> None:
        self._remove_questions(note_id)
        vectors = self.view.known((question.key for question in draft.questions), self._epoch)
        self._connection.executemany(
            "INSERT INTO questions (note_id, vector_id, question, answer, start, stop)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (note_id, vectors[each.key], each.question, each.answer, each.start, each.end)
                for each in draft.questions
            ],
        )


def _read_loose(text: str | None) -> set[int] | None:
    """Return which vectors an earlier transaction left to be looked at; None for all."""
    if text is None or text == "0":
        return set()
    return None if text == "1" else {int(each) for each in json.loads(text)}


def _json(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
