"""Questions to the catalogue, all answered from one state of it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from kb.catalog import schema as catalog_schema
from kb.catalog.rows import (
    HEADING_GAP,
    Changes,
    IndexRow,
    NoteInfo,
    NoteState,
    Outline,
    StoredPassage,
    StoredQuestion,
    Totals,
    state_name,
)
from kb.errors import KbError
from kb.notes.vault import Skipped

if TYPE_CHECKING:
    from retrieval.lexical import Entry
    from retrieval.scope import Scope

VECTOR = np.dtype("<f2")
_CHUNK = 4096

_PASSAGE = """
SELECT p.id, n.path, n.title, n.folder, p.ordinal, p.heading, p.text, p.start, p.stop, p.source_map
FROM passages p JOIN notes n ON n.id = p.note_id
"""
_BELOW = "(n.folder = ? OR (n.folder > ? || '/' AND n.folder < ? || '0'))"


class CatalogView:
    """One state of the catalogue; usable while the transaction that made it is open."""

    def __init__(self, connection: sqlite3.Connection, damaged: Callable[[str], KbError]) -> None:
        self._connection = connection
        self._damaged = damaged

    def generation(self) -> int:
        """Return the number of this state; it rises whenever what can be found changes."""
        return int(self.meta("generation") or 0)

    def fingerprint(self) -> str | None:
        """Return which encoder made the vectors, or None if there never was one."""
        return self.meta("fingerprint")

    def dimension(self) -> int | None:
        """Return the length of the vectors, or None if there never was one."""
        value = self.meta("dimension")
        return None if value is None else int(value)

    def indexed_at(self) -> datetime | None:
        """Return when the last run of indexing ended, in UTC."""
        value = self.meta("indexed_at")
        return None if value is None else datetime.fromisoformat(value)

    def skipped(self) -> list[Skipped]:
        """Return what the last run of indexing could not read."""
        return [
            Skipped(str(path), str(reason))
            for path, reason in self._list(self.meta("skipped") or "[]")
        ]

    def warnings(self) -> list[tuple[str, str]]:
        """Return what could not be understood in the notes: path and one line each."""
        rows = self._rows("SELECT path, warnings FROM notes WHERE warnings != '[]' ORDER BY path")
        return [(path, str(line)) for path, lines in rows for line in self._list(lines)]

    def totals(self) -> Totals:
        """Count notes, passages and questions."""
        tables = ("notes", "passages", "questions")
        return Totals(*(self._rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables))

    def notes(
        self, *, folder: str | None = None, tag: str | None = None, text: str = ""
    ) -> list[NoteInfo]:
        """List notes by path.

        :param folder: only in or below it; "" is the whole base.
        :param tag: only with it.
        :param text: only with it in title or path, in upper or lower case.
        """
        conditions, values = ["1"], list[str]()
        if folder is not None and (cleaned := folder.strip("/")):
            conditions.append(_BELOW)
            values += [cleaned] * 3
        if tag is not None:
            conditions.append("n.id IN (SELECT note_id FROM note_tags WHERE tag = ?)")
            values.append(_clean_tag(tag))
        rows = self._rows(
            "SELECT n.path, n.title, n.tags, n.folder, n.size, n.mtime_ns,"
            " (SELECT count(*) FROM passages p WHERE p.note_id = n.id)"
            f" FROM notes n WHERE {' AND '.join(conditions)} ORDER BY n.path",
            values,
        )
        wanted = text.casefold()
        return [
            NoteInfo(path, title, self._texts(tags), below, passages, size, _moment(mtime_ns))
            for path, title, tags, below, size, mtime_ns, passages in rows
            if wanted in title.casefold() or wanted in path.casefold()
        ]

    def note_names(self) -> list[tuple[str, ...]]:
        """Return path, title and aliases of every note, which a link may call it by."""
        rows = self._rows("SELECT path, title, aliases FROM notes ORDER BY path")
        return [(path, title, *self._texts(aliases)) for path, title, aliases in rows]

    def tags(self) -> list[tuple[str, int]]:
        """Count the notes of each tag, most first."""
        query = "SELECT tag, count(*) AS n FROM note_tags GROUP BY tag ORDER BY n DESC, tag"
        return [(tag, count) for tag, count in self._rows(query)]

    def folders(self) -> list[tuple[str, int]]:
        """Count the notes in or below each folder, by path; the top itself is left out."""
        counts = Counter[str]()
        rows = self._rows("SELECT folder, count(*) FROM notes WHERE folder != '' GROUP BY folder")
        for folder, count in rows:
            parts = folder.split("/")
            for depth in range(len(parts)):
                counts["/".join(parts[: depth + 1])] += count
        return sorted(counts.items())

    def passages_by_id(self, ids: Iterable[int]) -> dict[int, StoredPassage]:
        """Return passages by their id; an id that is no more is left out."""
        wanted = json.dumps([int(each) for each in ids])
        rows = self._rows(
            f"{_PASSAGE} WHERE p.id IN (SELECT value FROM json_each(?))",
            [wanted],
        )
        return {passage.id: passage for passage in map(self._passage, rows)}

    def passages_of(self, path: str) -> list[StoredPassage]:
        """Return the passages of a note in their order."""
        rows = self._rows(f"{_PASSAGE} WHERE n.path = ? ORDER BY p.ordinal", [path])
        return [self._passage(row) for row in rows]

    def known_of(self, paths: Iterable[str]) -> set[str]:
        """Return those of some paths that are notes."""
        query = "SELECT path FROM notes WHERE path IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._rows(query, [json.dumps(list(paths))])}

    def passages_holding(self, text: str) -> list[StoredPassage]:
        """Return the passages that hold a text, not only white space, character by character."""
        if not text.strip():
            return []
        query = f"{_PASSAGE} WHERE instr(p.text, ?) > 0 ORDER BY n.path, p.ordinal"
        return [self._passage(row) for row in self._rows(query, [text])]

    def outlines(self, chars: int = 120) -> dict[int, Outline]:
        """Return every passage by its id, with the beginning of its text."""
        rows = self._rows(
            "SELECT p.id, n.path, n.title, n.folder, n.tags, p.heading, substr(p.text, 1, ?),"
            " p.start, p.stop FROM passages p JOIN notes n ON n.id = p.note_id",
            [chars],
        )
        return {
            number: Outline(
                id=number,
                note=note,
                title=title,
                folder=folder,
                tags=self._texts(tags),
                heading=HEADING_GAP.join(self._texts(heading)),
                text=text,
                start=start,
                end=end,
            )
            for number, note, title, folder, tags, heading, text, start, end in rows
        }

    def vectors_of(self, path: str) -> NDArray[np.float16]:
        """Return the vectors of the passages of a note in their order, ``(n, dimension)``."""
        rows = self._rows(
            "SELECT v.vector FROM notes n JOIN passages p ON p.note_id = n.id"
            " JOIN vectors v ON v.id = p.vector_id WHERE n.path = ? ORDER BY p.ordinal",
            [path],
        )
        return self._matrix([row[0] for row in rows])

    def ids_in_scope(self, scope: Scope) -> NDArray[np.int64]:
        """Return the ids of the passages in a scope, ascending."""
        conditions, values = ["1"], list[str]()
        if scope.tags:
            tags = json.dumps([_clean_tag(tag) for tag in scope.tags])
            conditions.append(
                "n.id IN (SELECT note_id FROM note_tags"
                " WHERE tag IN (SELECT value FROM json_each(?)))"
            )
            values.append(tags)
        folders = [folder.strip("/") for folder in scope.folders]
        if folders and "" not in folders:
            conditions.append(f"({' OR '.join([_BELOW] * len(folders))})")
            values += [folder for folder in folders for _ in range(3)]
        rows = self._rows(
            "SELECT p.id FROM notes n CROSS JOIN passages p ON p.note_id = n.id"
            f" WHERE {' AND '.join(conditions)}",
            values,
        )
        return np.sort(_ids(rows))

    def questions(self) -> tuple[list[StoredQuestion], NDArray[np.float16]]:
        """Return all questions and their vectors, shape ``(n, dimension)``."""
        rows = self._rows(
            "SELECT q.id, n.path, n.title, q.question, q.answer, q.start, q.stop, v.vector"
            " FROM questions q JOIN notes n ON n.id = q.note_id"
            " JOIN vectors v ON v.id = q.vector_id ORDER BY q.id"
        )
        return [StoredQuestion(*fields) for *fields, _ in rows], self._matrix(
            [row[7] for row in rows]
        )

    def questions_asked(self) -> list[tuple[str, str]]:
        """Return path and question of every question, by path."""
        query = (
            "SELECT n.path, q.question FROM questions q JOIN notes n ON n.id = q.note_id"
            " ORDER BY n.path, q.id"
        )
        return [(path, question) for path, question in self._rows(query)]

    def iter_vectors(
        self, since: int = 0
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Yield ids of passages, ascending, and their vectors, ``(n, dimension)``, in pieces.

        :param since: only passages that appeared after this generation.
        """
        # Ids rise with the generations; SQLite takes the index only if asked for its order.
        some = f"WHERE p.created > {int(since)} ORDER BY p.created, p.id"
        query = (
            "SELECT p.id, v.vector FROM passages p CROSS JOIN vectors v ON v.id = p.vector_id"
            f" {some if since else 'ORDER BY p.id'}"
        )
        cursor = self._connection.execute(query)
        while rows := cursor.fetchmany(_CHUNK):
            yield _ids(rows), self._matrix([row[1] for row in rows])

    def vectors(self) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Return the ids of all passages and their vectors, shape ``(n, dimension)``."""
        pieces = list(self.iter_vectors())
        if not pieces:
            return np.empty(0, np.int64), np.empty((0, self.dimension() or 0), np.float16)
        return np.concatenate([ids for ids, _ in pieces]), np.concatenate([v for _, v in pieces])

    def state(self, generation: int | None = None) -> str:
        """Return the random name of a generation, of the newest by itself; "" if it has none.

        A catalogue that is put back from a copy counts on from there: then the number of a
        generation comes twice, with other content, but its name does not.
        """
        number = self.generation() if generation is None else generation
        return self.meta(state_name(number)) or ""

    def changes_since(self, generation: int, state: str | None = None) -> Changes:
        """Say what changed after a generation; of vectors, ``iter_vectors`` of the same tells.

        :param generation: what a derived index reflects; 0 if it is empty.
        :param state: its name there; where it is another one here all begins anew.
        """
        now = self.generation()
        reset = not int(self.meta("floor") or 0) <= generation <= now
        reset = reset or (state is not None and state != self.state(generation))
        since = 0 if reset else generation
        query = "SELECT passage_id FROM removed WHERE generation > ?"
        removed = np.empty(0, np.int64) if reset else _ids(self._rows(query, [since]))
        return Changes(now, reset, removed, self._entries(since))

    def rows_since(self, generation: int) -> Iterator[IndexRow]:
        """Yield the passages that changed after a generation, those of older ones first.

        A store that notes each generation when it is through goes on from there if it is stopped.
        """
        from retrieval.lexical import Entry

        cursor = self._connection.execute(
            "SELECT p.id, n.title, p.heading, p.text, n.tags, n.folder, p.generation, v.key,"
            " v.vector FROM passages p JOIN notes n ON n.id = p.note_id"
            " JOIN vectors v ON v.id = p.vector_id"
            " WHERE p.generation > ? ORDER BY p.generation, p.id",
            (generation,),
        )
        while rows := cursor.fetchmany(_CHUNK):
            matrix = self._matrix([row[8] for row in rows])
            for vector, row in zip(matrix, rows, strict=True):
                number, title, heading, text, tags, folder, changed, key, _ = row
                headings = HEADING_GAP.join(self._texts(heading))
                entry = Entry(number, title, headings, text, self._texts(tags), folder)
                yield IndexRow(entry, changed, key, vector)

    def sample(self, most: int) -> list[str]:
        """Return the texts of some passages, evenly spread over all; all if there are fewer."""
        [[count, first, last]] = self._rows("SELECT count(*), min(id), max(id) FROM passages")
        if count <= most:
            return [row[0] for row in self._rows("SELECT text FROM passages ORDER BY id")]
        places = (first + (last - first) * step // (most - 1) for step in range(most))
        query = "SELECT id, text FROM passages WHERE id >= ? ORDER BY id LIMIT 1"
        return list(dict(self._rows(query, [place])[0] for place in places).values())

    def states(self) -> list[NoteState]:
        """Return what tells whether a note changed, for every note."""
        rows = self._rows(
            "SELECT id, path, content_hash, size, mtime_ns, settled FROM notes ORDER BY path"
        )
        return [NoteState(*rest, settled=bool(settled)) for *rest, settled in rows]

    def known(self, keys: Iterable[bytes], epoch: int) -> dict[bytes, int]:
        """Return the ids of the vectors that are there already, by their keys."""
        found: dict[bytes, int] = {}
        query = "SELECT id FROM vectors WHERE epoch = ? AND key = ?"
        for key in dict.fromkeys(keys):
            row = self._connection.execute(query, (epoch, key)).fetchone()
            if row is not None:
                found[key] = row[0]
        return found

    def check(self) -> list[str]:
        """Look through the whole file and name what is wrong; empty when all is well."""
        dimension = self.dimension()
        size = None if dimension is None else dimension * VECTOR.itemsize
        return catalog_schema.check(self._connection, size)

    def meta(self, name: str) -> str | None:
        """Return a named value."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _entries(self, since: int) -> Iterator[Entry]:
        from retrieval.lexical import Entry

        cursor = self._connection.execute(
            "SELECT p.id, n.title, p.heading, p.text, n.tags, n.folder"
            " FROM passages p JOIN notes n ON n.id = p.note_id WHERE p.generation > ?",
            (since,),
        )
        while rows := cursor.fetchmany(_CHUNK):
            for number, title, heading, text, tags, folder in rows:
                headings = HEADING_GAP.join(self._texts(heading))
                yield Entry(number, title, headings, text, self._texts(tags), folder)

    def _rows(self, query: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, tuple(values)).fetchall()

    def _passage(self, row: tuple[Any, ...]) -> StoredPassage:
        number, note, title, folder, ordinal, heading, text, start, stop, source_map = row
        headings = self._texts(heading)
        return StoredPassage(
            number, note, title, folder, ordinal, headings, text, start, stop, source_map
        )

    def _matrix(self, vectors: list[bytes]) -> NDArray[np.float16]:
        dimension = self.dimension() or 0
        try:
            return np.frombuffer(b"".join(vectors), VECTOR).reshape(len(vectors), dimension)
        except (TypeError, ValueError) as error:
            raise self._damaged("vectors of another size") from error

    def _list(self, text: object) -> list[Any]:
        try:
            return cast("list[Any]", json.loads(str(text)))
        except ValueError as error:
            raise self._damaged("a list cannot be read") from error

    def _texts(self, text: object) -> tuple[str, ...]:
        return tuple(str(each) for each in self._list(text))


def _ids(rows: list[tuple[Any, ...]]) -> NDArray[np.int64]:
    return np.fromiter((row[0] for row in rows), np.int64, len(rows))


def _clean_tag(tag: str) -> str:
    return tag.strip().lstrip("#").lower()


def _moment(mtime_ns: int) -> datetime:
    return datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC)
