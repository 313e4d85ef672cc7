"""The tables of the catalogue, and whether a file holds them."""

from __future__ import annotations

import sqlite3
import time

SCHEMA_VERSION = 1
APPLICATION_ID = 0x6B62_6331  # "kbc1"

# passages: `created` is the generation in which the id appeared, `generation` the one in which
# what the lexical index holds of it last changed. removed: ids that are no more, and since when.
# vectors: one for each text that was embedded; `epoch` rises when all are embedded anew.
_TABLES = """
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  content_hash BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  title TEXT NOT NULL,
  folder TEXT NOT NULL,
  tags TEXT NOT NULL,
  aliases TEXT NOT NULL,
  warnings TEXT NOT NULL
);
CREATE INDEX notes_folder ON notes (folder);

CREATE TABLE note_tags (
  tag TEXT NOT NULL,
  note_id INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, note_id)
) WITHOUT ROWID;
CREATE INDEX note_tags_note ON note_tags (note_id);

CREATE TABLE vectors (
  id INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  key BLOB NOT NULL,
  vector BLOB NOT NULL,
  UNIQUE (epoch, key)
);

CREATE TABLE passages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  note_id INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  vector_id INTEGER NOT NULL REFERENCES vectors (id),
  heading TEXT NOT NULL,
  text TEXT NOT NULL,
  start INTEGER NOT NULL,
  stop INTEGER NOT NULL,
  source_map BLOB NOT NULL,
  created INTEGER NOT NULL,
  generation INTEGER NOT NULL
);
CREATE INDEX passages_note ON passages (note_id, ordinal);
CREATE INDEX passages_vector ON passages (vector_id);
CREATE INDEX passages_created ON passages (created);
CREATE INDEX passages_generation ON passages (generation);

CREATE TABLE removed (
  passage_id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL
);
CREATE INDEX removed_generation ON removed (generation);

CREATE TABLE questions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  note_id INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
  question TEXT NOT NULL,
  answer TEXT,
  start INTEGER NOT NULL,
  stop INTEGER NOT NULL,
  vector_id INTEGER NOT NULL REFERENCES vectors (id)
);
CREATE INDEX questions_note ON questions (note_id);
CREATE INDEX questions_vector ON questions (vector_id);
"""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file, inside the caller's transaction."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            connection.execute(statement)
    # From the clock, so that no catalogue made in the place of another repeats a generation that
    # an index derived from the other already reflects.
    first = time.time_ns() // 1_000_000
    connection.executemany(
        "INSERT INTO meta (name, value) VALUES (?, ?)",
        [("generation", str(first)), ("floor", str(first)), ("epoch", "1")],
    )
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def version(connection: sqlite3.Connection) -> int | None:
    """Return the version of the tables; 0 for an empty file, None for another's file."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables:
        return 0
    return int(found) if application == APPLICATION_ID and found > 0 else None


def check(connection: sqlite3.Connection, vector_bytes: int | None) -> list[str]:
    """Look through the whole file and name what is wrong, most serious first.

    :param vector_bytes: size of every vector, None if none was ever stored.
    """
    problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check(10)")]
    if problems != ["ok"]:
        return problems
    rules = {
        "rows that refer to nothing": "SELECT count(*) FROM pragma_foreign_key_check",
        "lists that cannot be read": "SELECT count(*) FROM notes WHERE NOT "
        "(json_valid(tags) AND json_valid(aliases) AND json_valid(warnings))",
        "headings that cannot be read": "SELECT count(*) FROM passages "
        "WHERE NOT json_valid(heading)",
        "vectors of another size": "SELECT count(*) FROM vectors "
        f"WHERE length(vector) IS NOT {vector_bytes or 0}",
    }
    counts = {what: connection.execute(query).fetchone()[0] for what, query in rules.items()}
    return [f"{count} {what}" for what, count in counts.items() if count]
