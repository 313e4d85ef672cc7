"""The catalogue: what was found in the notes, in one SQLite file derived from them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from kb.catalog import schema as catalog_schema
from kb.catalog.schema import SCHEMA_VERSION
from kb.catalog.view import CatalogView
from kb.catalog.writer import CatalogWriter
from kb.config import DATA_FOLDER
from kb.errors import CatalogDamaged, CatalogError, CatalogMissing, EncoderChanged
from kb.storage.database import Database

INDEX_FILE = "index.db"
# Up to this size, opening for writing reads the whole file to find damage. In a larger one, a
# reader that meets damage leaves a mark for the next run of indexing.
_CHECKED_BYTES = 8 * 1024 * 1024
# Not to be shown in the version control of a notes folder; the settings are.
_IGNORED = "*\n!.gitignore\n!config.toml\n"


class Catalog:
    """The catalogue of one notes folder; thread-safe, and other processes may use it too."""

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        """Take the catalogue of a notes folder.

        :param folder: where it lies, if not in the notes' own data folder.
        """
        self.root = root
        self.path = (folder or root / DATA_FOLDER) / INDEX_FILE
        self._suspect = self.path.with_name(f"{INDEX_FILE}.suspect")
        self._database = Database(
            self.path,
            failure=CatalogError,
            damage=CatalogDamaged,
            remedy="run `kb index` to make it anew from the notes",
        )

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        read_only: bool = False,
        repair: bool = False,
        folder: Path | None = None,
    ) -> Self:
        """Open the catalogue of a notes folder.

        Only who holds the writer lock may open it for writing. Then it is made if there is none,
        and one that is damaged is put aside.

        :param repair: put aside one made by another version too.
        :raises CatalogMissing: if there is none to read.
        :raises CatalogDamaged: if the one to read is damaged.
        :raises CatalogError: if it was made by a newer version, or the folder cannot be used.
        """
        catalog = cls(root, folder)
        if read_only:
            with catalog.view():
                return catalog
        catalog._prepare()
        try:
            catalog._check_for_writing()
        except CatalogDamaged:
            catalog.set_aside()
        except _OtherVersion:
            if not repair:
                raise
            catalog.set_aside()
        with catalog._database.write() as connection:
            if catalog_schema.version(connection) == 0:
                catalog_schema.create(connection)
        return catalog

    @contextmanager
    def view(self) -> Generator[CatalogView]:
        """Open one state of the catalogue; what others write meanwhile is not seen."""
        if not self.path.is_file():
            raise CatalogMissing(f"{self.root} has no index yet: run `kb index`")
        try:
            with self._database.read() as connection:
                self._check_version(catalog_schema.version(connection))
                yield CatalogView(connection, self._database.damaged)
        except CatalogDamaged:
            # The next run of indexing looks closely.
            with suppress(OSError):
                self._suspect.touch()
            raise

    @contextmanager
    def change(self) -> Generator[CatalogWriter]:
        """Open a transaction that is kept as a whole, or not at all if the body raises."""
        with self._database.write() as connection:
            writer = CatalogWriter(connection, CatalogView(connection, self._database.damaged))
            yield writer
            writer.finish()

    def take_over(self, other: Catalog) -> None:
        """Become the same as another catalogue, in one transaction; for who holds the writer lock.

        :raises CatalogError: if the file cannot be written; what was there is kept.
        """
        self._database.copy_from(other._database)

    def generation(self) -> int:
        """Return the number of the newest state."""
        with self.view() as view:
            return view.generation()

    def state(self) -> tuple[int, str]:
        """Return the number and the random name of the newest state, see `CatalogView.state`."""
        with self.view() as view:
            return view.generation(), view.state()

    def require_encoder(self, fingerprint: str) -> None:
        """Check that vectors of an encoder can be compared with those in the catalogue.

        :raises EncoderChanged: naming both encoders.
        """
        with self.view() as view:
            made_by = view.fingerprint()
        if made_by is not None and made_by != fingerprint:
            raise EncoderChanged(
                f"the index was made by encoder {made_by}, but the encoder is {fingerprint}:"
                " run `kb index --rebuild` or set the encoder back"
            )

    def size_bytes(self) -> int:
        """Return the size of the files on disk."""
        names = (INDEX_FILE, f"{INDEX_FILE}-wal")
        files = [self.path.with_name(name) for name in names]
        return sum(file.stat().st_size for file in files if file.is_file())

    def set_aside(self) -> None:
        """Move the file away, so that the next one begins empty; the newest such file is kept."""
        self.close()
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{INDEX_FILE}.damaged-{moment}")
        try:
            for old in self.path.parent.glob(f"{INDEX_FILE}.damaged-*"):
                old.unlink()
            # The log goes first: a new file must never meet the log of an old one.
            self.path.with_name(f"{INDEX_FILE}-shm").unlink(missing_ok=True)
            for suffix in ("-wal", ""):
                with suppress(FileNotFoundError):
                    self.path.with_name(INDEX_FILE + suffix).rename(f"{aside}{suffix}")
            self._suspect.unlink(missing_ok=True)
        except OSError as error:
            raise CatalogError(f"{self.path} cannot be moved: {error.strerror}") from error

    def close(self) -> None:
        """Close what is open; the object can be used again."""
        self._database.close()

    def _prepare(self) -> None:
        """Make the folder that the catalogue lies in."""
        folder = self.path.parent
        try:
            folder.mkdir(exist_ok=True)
        except FileNotFoundError as error:
            raise CatalogError(f"no folder {self.root}: make it or name another") from error
        except OSError as error:
            raise CatalogError(f"{folder} cannot be made: {error.strerror}") from error
        with suppress(OSError), (folder / ".gitignore").open("x") as file:
            file.write(_IGNORED)

    def _check_for_writing(self) -> None:
        if not self.path.exists():
            return
        with self._database.read() as connection:
            if self._is_cut_short(connection):
                raise self._database.damaged("it is cut short")
            found = catalog_schema.version(connection)
            if found == 0:
                return
            self._check_version(found)
            if self._suspect.exists() or self.size_bytes() <= _CHECKED_BYTES:
                problems = CatalogView(connection, self._database.damaged).check()
                if problems:
                    raise self._database.damaged(problems[0])
        self._suspect.unlink(missing_ok=True)

    def _is_cut_short(self, connection: sqlite3.Connection) -> bool:
        """Say whether pages that the database counts are missing at the end of the file.

        SQLite is asked, since to open the file beside it drops the locks of the whole process at
        the closing (POSIX), and another process could take the log away from under this one.
        Source: https://sqlite.org/howtocorrupt.html, section 2.2.
        """
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        [page_bytes] = connection.execute("PRAGMA page_size").fetchone()
        # Pages may still be in the log.
        log = self.path.with_name(f"{INDEX_FILE}-wal")
        if log.exists() and log.stat().st_size:
            return False
        return self.path.stat().st_size < pages * page_bytes

    def _check_version(self, found: int | None) -> None:
        if found is None:
            raise self._database.damaged("it is not an index")
        if found == 0:
            raise CatalogMissing(f"{self.root} has no index yet: run `kb index`")
        if found != SCHEMA_VERSION:
            age = "a newer" if found > SCHEMA_VERSION else "an older"
            raise _OtherVersion(
                f"{self.path} was made by {age} version of kb (format {found}, this one reads"
                f" {SCHEMA_VERSION}): run `kb index --rebuild`"
                f"{', or update kb' if found > SCHEMA_VERSION else ''}"
            )


class _OtherVersion(CatalogError):
    """The file has another format."""
