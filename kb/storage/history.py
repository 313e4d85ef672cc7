"""Chats, feedback and unanswered questions: what cannot be made again from the notes."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from kb.errors import HistoryError
from kb.storage.database import Database
from kb.storage.text import storable
from kb.storage.waiting import Unanswered, topic_of, waiting

HISTORY_FILE = "history.db"
TITLE_CHARS = 60
SCHEMA_VERSION = 3
_APPLICATION_ID = 0x6B62_6831  # "kbh1"

# settled: turns of a topic up to this one wait for nothing more. Version 1 had no such table.
_SETTLED = "CREATE TABLE settled (topic TEXT PRIMARY KEY, turn_id INTEGER NOT NULL)"
# owner: whose chat it is; "" for those of people who did not log in. Since version 3.
_OWNER = "owner TEXT NOT NULL DEFAULT ''"
_UPDATES = ((2, _SETTLED), (3, f"ALTER TABLE chats ADD COLUMN {_OWNER}"))
_OLD_CHATS = "(SELECT rowid, *, '' AS owner FROM chats)"
# turns: `topic` is the question as the inbox counts it, a follow-up in its full words.
# AUTOINCREMENT: a turn that a page still shows never becomes another one.
_TABLES = (
    f"""CREATE TABLE chats (
      id TEXT PRIMARY KEY,
      title TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      {_OWNER}
    )""",
    "CREATE INDEX chats_updated ON chats (updated_at)",
    """CREATE TABLE turns (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
      question TEXT NOT NULL,
      topic TEXT NOT NULL,
      answer TEXT NOT NULL,
      is_answered INTEGER NOT NULL,
      asked_at TEXT NOT NULL,
      verdict TEXT,
      right_answer TEXT
    )""",
    "CREATE INDEX turns_chat ON turns (chat_id, id)",
    "CREATE INDEX turns_topic ON turns (topic, id)",
    _SETTLED,
    f"PRAGMA application_id={_APPLICATION_ID}",
    f"PRAGMA user_version={SCHEMA_VERSION}",
)

Verdict = Literal["up", "down"]
# Whether a chat holds a word: in its title, a question or an answer.
_HOLDS = """(instr(lower(title), lower(?)) OR EXISTS (SELECT 1 FROM turns
  WHERE chat_id = chats.id AND (instr(lower(question), lower(?)) OR
  instr(lower(coalesce(iif(json_valid(answer), answer ->> 'answer', ''), '')), lower(?)))))"""


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation; the time is in UTC."""

    id: str
    title: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, as ``kb.answer.to_json`` gives it."""

    id: int
    question: str
    answer: dict[str, Any]
    asked_at: datetime
    verdict: Verdict | None
    right_answer: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """That something was asked; the time is in UTC.

    :param is_good: whether it was answered and nobody found that wrong.
    :param note: that its answer cited first, None if none.
    """

    asked_at: datetime
    is_good: bool
    note: str | None


class History:
    """The history of one notes folder; thread-safe, and other processes may write too.

    Chats are read and written as one person's, see `of`; a new query of chats names their owner.

    :param folder: where the file lies; both are made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / HISTORY_FILE
        self._owner = ""
        self._database = Database(
            self.path,
            failure=HistoryError,
            damage=HistoryError,
            remedy="move it away to begin a new history",
            synchronous="FULL",
        )

    def of(self, owner: str) -> History:
        """Return this history as one person sees it: only their own chats, the inbox whole."""
        theirs = copy(self)
        theirs._owner = owner
        return theirs

    def new_chat(self, title: str = "") -> str:
        """Make a chat and return its id, which nobody can guess."""
        chat = secrets.token_urlsafe(16)
        with self._write() as connection:
            self._add_chat(connection, chat, title)
        return chat

    def chats(self, limit: int = 50, words: str = "") -> list[Chat]:
        """Return the chats, the one last spoken in first.

        :param words: only chats whose title, or a question or an answer in them, holds each of
            these words, in upper or lower case of ASCII.
        """
        held = words.split()
        conditions = " AND ".join(["owner = ?", *[_HOLDS] * len(held)])
        rows = self._rows(
            f"SELECT id, title, updated_at FROM {{chats}} AS chats WHERE {conditions}"
            " ORDER BY updated_at DESC, rowid DESC LIMIT ?",
            self._owner,
            *(word for word in held for _ in range(3)),
            limit,
        )
        return [Chat(chat, title, datetime.fromisoformat(moment)) for chat, title, moment in rows]

    def rename_chat(self, chat: str, title: str) -> None:
        """Give a chat another title.

        :raises HistoryError: if there is no such chat.
        """
        with self._write() as connection:
            query = "UPDATE chats SET title = ? WHERE id = ? AND owner = ?"
            if not connection.execute(query, (_shorten(title), chat, self._owner)).rowcount:
                raise HistoryError(f"there is no chat {chat}")

    def delete_chat(self, chat: str) -> None:
        """Delete a chat with all that was said in it; one that is not there is no error."""
        with self._write() as connection:
            query = "DELETE FROM chats WHERE id = ? AND owner = ?"
            connection.execute(query, (chat, self._owner))

    def add_turn(self, chat: str, question: str, answer: Mapping[str, Any]) -> int:
        """Store a question and its answer and return the number of the turn.

        :param chat: made if it is missing.
        :param answer: as ``kb.answer.to_json`` gives it.
        :raises HistoryError: if the chat is somebody else's.
        """
        question, stored = storable(question), storable(json.dumps(answer, ensure_ascii=False))
        is_answered = answer.get("answer") is not None
        topic = topic_of(storable(answer.get("asked_as") or question))
        with self._write() as connection:
            moment = self._add_chat(connection, chat, question)
            cursor = connection.execute(
                "INSERT INTO turns (chat_id, question, topic, answer, is_answered, asked_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (chat, question, topic, stored, is_answered, moment),
            )
            return int(cursor.lastrowid or 0)

    def turns(self, chat: str) -> list[Turn]:
        """Return what was said in a chat, in order; nothing if there is no such chat."""
        rows = self._rows(
            "SELECT id, question, answer, asked_at, verdict, right_answer FROM turns"
            " WHERE chat_id IN (SELECT id FROM {chats} WHERE id = ? AND owner = ?) ORDER BY id",
            chat,
            self._owner,
        )
        return [
            Turn(number, question, self._answer(answer), datetime.fromisoformat(moment), *verdict)
            for number, question, answer, moment, *verdict in rows
        ]

    def feedback(self, turn: int, verdict: Verdict | None, right_answer: str | None = None) -> None:
        """Note down what a reader thinks of an answer, in place of what was noted before.

        :param verdict: None takes back what was thought.
        :raises HistoryError: if there is no such turn.
        """
        right = right_answer and storable(right_answer)
        with self._write() as connection:
            query = (
                "UPDATE turns SET verdict = ?, right_answer = ? WHERE id = ?"
                " AND chat_id IN (SELECT id FROM chats WHERE owner = ?)"
            )
            if not connection.execute(query, (verdict, right, turn, self._owner)).rowcount:
                raise HistoryError(f"there is no turn {turn}")

    def inbox(self) -> list[Unanswered]:
        """Return questions without a good answer, the last asked first.

        One counts until it is asked again and answered without a thumbs down, or is settled.
        """
        settled = dict(self._rows("SELECT topic, turn_id FROM settled", since=2))
        rows = self._rows(
            "SELECT id, topic, coalesce(json_extract(answer, '$.asked_as'), question), asked_at,"
            " right_answer, json_extract(answer, '$.answer'),"
            " verdict IS 'down' OR (NOT is_answered AND verdict IS NOT 'up')"
            " FROM turns ORDER BY id"
        )
        return waiting(row for row in rows if row[0] > settled.get(row[1], 0))

    def answers(self) -> list[dict[str, Any]]:
        """Return every answer that anybody was given, oldest first; for who runs the folder.

        :raises HistoryError: if the file is damaged.
        """
        problems = [row[0] for row in self._rows("PRAGMA quick_check(1)")]
        if problems not in ([], ["ok"]):
            raise self._database.damaged(str(problems[0]))
        return [self._answer(row[0]) for row in self._rows("SELECT answer FROM turns ORDER BY id")]

    def settle(self, turns: Mapping[str, int]) -> None:
        """Take questions out of the inbox until they are asked in vain again.

        :param turns: of each topic the last turn that is settled.
        """
        query = (
            "INSERT INTO settled (topic, turn_id) VALUES (?, ?) ON CONFLICT (topic) DO UPDATE SET"
            " turn_id = max(turn_id, excluded.turn_id)"
        )
        with self._write() as connection:
            connection.executemany(query, turns.items())

    def asked(self) -> list[Asked]:
        """Return everybody's questions in order, without what was said."""
        rows = self._rows(
            "SELECT asked_at, verdict IS NOT 'down' AND (is_answered OR verdict IS 'up'),"
            " json_extract(answer, '$.citations[0].note') FROM turns ORDER BY id"
        )
        return [
            Asked(datetime.fromisoformat(moment), bool(good), note) for moment, good, note in rows
        ]

    def asked_state(self) -> tuple[tuple[Any, ...], ...]:
        """Return what changes whenever `asked` or `inbox` does, also if the file is another."""
        queries = (
            "SELECT count(*), max(id), max(asked_at) FROM turns",
            "SELECT id, verdict, right_answer FROM turns WHERE verdict IS NOT NULL ORDER BY id",
        )
        settled = self._rows("SELECT topic, turn_id FROM settled ORDER BY topic", since=2)
        return (*(row for query in queries for row in self._rows(query)), *settled)

    def close(self) -> None:
        """Close what is open; the object can be used again."""
        self._database.close()

    @contextmanager
    def _write(self) -> Generator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise HistoryError(f"{self.path.parent} cannot be made: {error.strerror}") from error
        with self._database.write() as connection:
            self._check(connection)
            yield connection

    def _rows(self, query: str, *values: object, since: int = 1) -> list[tuple[Any, ...]]:
        """Read rows; there are none in a file of a version before ``since``.

        :param query: names the chats ``{chats}``, so that those of an older file have an owner too.
        """
        if not self.path.is_file():
            return []
        with self._database.read() as connection:
            version = self._version(connection)
            if version < since:
                return []
            query = query.replace("{chats}", "chats" if version >= 3 else _OLD_CHATS)
            return connection.execute(query, values).fetchall()

    def _check(self, connection: sqlite3.Connection) -> None:
        """Make the tables if the file is empty, and what an older version lacks."""
        version = self._version(connection)
        if not version:
            for statement in _TABLES:
                connection.execute(statement)
        elif version < SCHEMA_VERSION:
            for since, statement in _UPDATES:
                if version < since:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _version(self, connection: sqlite3.Connection) -> int:
        """Return the version of the tables, 0 if there are none.

        :raises HistoryError: if the file is another's or a newer version's.
        """
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not tables:
            return 0
        if application != _APPLICATION_ID:
            raise self._database.damaged("it is not a history")
        if found > SCHEMA_VERSION:
            raise HistoryError(f"{self.path} was made by a newer version of kb: update kb")
        return int(found)

    def _add_chat(self, connection: sqlite3.Connection, chat: str, title: str) -> str:
        """Make a chat or renew its time, and return that; a chat without a title gets one."""
        moment = datetime.now(UTC).isoformat(timespec="microseconds")
        cursor = connection.execute(
            "INSERT INTO chats (id, title, updated_at, owner) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at,"
            " title = iif(title = '', excluded.title, title) WHERE owner = excluded.owner",
            (chat, _shorten(title), moment, self._owner),
        )
        if not cursor.rowcount:
            raise HistoryError(f"there is no chat {chat}")
        return moment

    def _answer(self, text: str) -> dict[str, Any]:
        try:
            return cast("dict[str, Any]", json.loads(text))
        except ValueError as error:
            raise self._database.damaged("an answer cannot be read") from error


def _shorten(title: str) -> str:
    line = " ".join(storable(title).split())
    return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 1].rstrip()}…"
