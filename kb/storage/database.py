"""One SQLite file: short reads on pooled connections, one writer, errors of our own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from kb.errors import KbError

BUSY_SECONDS = 30.0
_POOLED = 8

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and try again",
    sqlite3.SQLITE_READONLY: "it is read-only; allow writing to its folder",
    sqlite3.SQLITE_PERM: "permission denied; allow access to its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; allow access to its folder",
    sqlite3.SQLITE_BUSY: f"another process has been writing to it for {BUSY_SECONDS:.0f} s",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


class Database:
    """A file in WAL mode, where a reader never waits for the writer.

    Thread-safe. A file that was put in the place of the old one is noticed at the next use.

    :param failure: raised when the file cannot be used.
    :param damage: raised when its content cannot be read.
    :param remedy: what to do about damage, in a few words.
    """

    def __init__(
        self,
        path: Path,
        *,
        failure: type[KbError],
        damage: type[KbError],
        remedy: str,
        synchronous: str = "NORMAL",
    ) -> None:
        self.path = path
        self._failure, self._damage, self._remedy = failure, damage, remedy
        self._synchronous = synchronous
        self._pool: list[sqlite3.Connection] = []
        self._pool_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._writer_lock = threading.RLock()
        # Which file the connections are open on: device and inode.
        self._pool_identity: tuple[int, int] | None = None
        self._writer_identity: tuple[int, int] | None = None

    @contextmanager
    def read(self) -> Generator[sqlite3.Connection]:
        """Open a transaction that sees one state of the file, whatever others write."""
        connection: sqlite3.Connection | None = None
        try:
            connection = self._reader()
            connection.execute("BEGIN")
            yield connection
            connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _close(connection)
            raise self.translated(error) from error
        except BaseException:
            _close(connection)
            raise
        self._give_back(connection)

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """Open a transaction that is kept as a whole, or not at all if the body raises."""
        with self._writer_lock:
            try:
                connection = self._writing()
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._drop_writer()
                raise self.translated(error) from error
            except BaseException:
                self._drop_writer()
                raise

    def copy_from(self, other: Database) -> None:
        """Take all content of another file, in one transaction; who reads sees one or the other.

        Nobody else may be writing to this file: then it would wait without end.
        """
        with self._writer_lock, other.read() as source:
            try:
                source.backup(self._writing())
            except sqlite3.Error as error:
                self._drop_writer()
                raise self.translated(error) from error

    def close(self) -> None:
        """Close what is open; the object can be used again."""
        # The writer last: as the last one it moves the log into the file, which no reader can.
        self._drop_pool()
        with self._writer_lock:
            self._drop_writer()

    def damaged(self, detail: str = "") -> KbError:
        """Return the error for content that cannot be read."""
        return self._damage(f"{self.path} is damaged{detail and f' ({detail})'}: {self._remedy}")

    def translated(self, error: sqlite3.Error) -> KbError:
        """Return an error of our own for one of SQLite's."""
        code = getattr(error, "sqlite_errorcode", None) or 0
        short_read = code == sqlite3.SQLITE_IOERR_SHORT_READ
        strange = any(word in str(error) for word in ("no such table", "no such column", "decode"))
        if short_read or strange or code & 0xFF in _DAMAGE:
            return self.damaged(str(error))
        return self._failure(f"{self.path}: {_REASONS.get(code & 0xFF, str(error))}")

    def _reader(self) -> sqlite3.Connection:
        identity = self._identify()
        if identity != self._pool_identity:
            self._drop_pool()
            self._pool_identity = identity
        with self._pool_lock:
            if self._pool:
                return self._pool.pop()
        try:
            return self._reading("mode=ro")
        except sqlite3.OperationalError as error:
            code = (error.sqlite_errorcode or 0) & 0xFF
            if code not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
                raise
        # Nobody has the file open, and who only reads may not make the index of its log. Whoever
        # may write makes it: to read without it is safe only where nobody can write meanwhile.
        try:
            return self._reading("mode=rw")
        except sqlite3.OperationalError:
            if self._has_wal():
                raise
            return self._connect("immutable=1")

    def _reading(self, mode: str) -> sqlite3.Connection:
        connection = self._connect(mode)
        try:
            connection.execute("PRAGMA query_only=ON")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.Error:
            _close(connection)
            raise
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._pool_lock:
            if len(self._pool) < _POOLED and not _is_immutable(connection):
                self._pool.append(connection)
                return
        _close(connection)

    def _writing(self) -> sqlite3.Connection:
        if self._writer is not None and self._identify() != self._writer_identity:
            self._drop_writer()
        if self._writer is None:
            connection = self._connect("mode=rwc")
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchone()
                connection.execute(f"PRAGMA synchronous={self._synchronous}")
                connection.execute("PRAGMA foreign_keys=ON")
            except sqlite3.Error:
                _close(connection)
                raise
            self._writer = connection
            self._writer_identity = self._identify()
        return self._writer

    def _drop_writer(self) -> None:
        # Closing rolls back what was not committed.
        _close(self._writer)
        self._writer = None

    def _connect(self, mode: str) -> sqlite3.Connection:
        factory = _Immutable if mode == "immutable=1" else sqlite3.Connection
        return sqlite3.connect(
            f"file:{quote(str(self.path.absolute()))}?{mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            factory=factory,
        )

    def _has_wal(self) -> bool:
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size > 0
        except OSError:
            return False

    def _drop_pool(self) -> None:
        with self._pool_lock:
            pool, self._pool = self._pool, []
        for connection in pool:
            _close(connection)

    def _identify(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


class _Immutable(sqlite3.Connection):
    """A connection that would not notice a writer, so it serves once."""


def _is_immutable(connection: sqlite3.Connection) -> bool:
    return isinstance(connection, _Immutable)


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()
