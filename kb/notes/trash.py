"""Deleted notes, which can be put back: each lies in a folder of its own below ``.kb/trash``."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.config import DATA_FOLDER
from kb.errors import NoteChanged, VaultError
from kb.notes.vault import is_note_path
from kb.notes.writing import held, safe_path, version_of, write_atomic

TRASH_FOLDER = "trash"
_NOTE = "note.md"
_ABOUT = "about.json"
_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Trashed:
    """A deleted note.

    :param id: its name in the trash.
    :param path: where it was.
    :param deleted_at: in UTC.
    """

    id: str
    path: str
    deleted_at: datetime
    size: int


class Trash:
    """The deleted notes of one folder; who changes it holds the notes' lock."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / DATA_FOLDER / TRASH_FOLDER

    def put(self, path: str, expected: str | None = None) -> str:
        """Move a note here: it is written here first, and only then removed there.

        :param expected: the version that is meant; None for any.
        :return: its name in the trash.
        :raises NoteChanged: if another version is there.
        :raises VaultError: if there is no such note, or the disk refuses.
        """
        source = self._root / path
        data = held(source) if is_note_path(path) and self._is_inside(source) else None
        if data is None:
            raise VaultError(f"there is no note {path[:200]!r}: look at the folder")
        if expected is not None and version_of(data) != expected:
            message = f"{path} was changed meanwhile: look at it before it is deleted"
            raise NoteChanged(path, message, version_of(data))
        moment = datetime.now(UTC)
        name = f"{moment:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        about = {"path": path, "deleted_at": moment.isoformat(timespec="seconds")}
        write_atomic(self._folder / name / _NOTE, data)
        write_atomic(self._folder / name / _ABOUT, json.dumps(about, ensure_ascii=False))
        if held(source) != data:
            self._remove(name)
            raise NoteChanged(path, f"{path} was changed meanwhile: look at it and try again", None)
        try:
            source.unlink()
        except OSError as error:
            self._remove(name)
            raise VaultError(f"{path} cannot be removed: {error.strerror or error}") from error
        return name

    def notes(self) -> list[Trashed]:
        """Return the deleted notes, the last deleted first."""
        with suppress(FileNotFoundError):
            names = sorted((each.name for each in self._folder.iterdir()), reverse=True)
            return [each for name in names if (each := self._about(name)) is not None]
        return []

    def restore(self, name: str, to: str | None = None) -> str:
        """Put a note back.

        :param to: another path than the one it had.
        :return: the path it was written to.
        :raises VaultError: if it is not here, or its path is taken.
        """
        found = self._about(name)
        data = held(self._folder / name / _NOTE) if found else None
        if found is None or data is None:
            raise VaultError(f"the trash holds no {name[:80]!r}")
        target = safe_path(self._root, to or found.path)
        write_atomic(target, data)
        self._remove(name)
        return target.relative_to(self._root.resolve()).as_posix()

    def destroy(self, name: str) -> None:
        """Delete a note for good.

        :raises VaultError: if it is not here.
        """
        if self._about(name) is None:
            raise VaultError(f"the trash holds no {name[:80]!r}")
        self._remove(name)

    def _about(self, name: str) -> Trashed | None:
        """Return what is known of a deleted note; None for what is none, or not whole."""
        if not _ID.fullmatch(name):
            return None
        folder = self._folder / name
        try:
            about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            size = (folder / _NOTE).stat().st_size
            moment = datetime.fromisoformat(str(about["deleted_at"]))
            return Trashed(name, str(about["path"]), moment, size)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remove(self, name: str) -> None:
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._root.resolve())
        except (OSError, RuntimeError):
            return False
