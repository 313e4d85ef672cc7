"""What several files held before they are changed together, on disk while that is being done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.config import DATA_FOLDER
from kb.errors import VaultError
from kb.notes.vault import is_note_path
from kb.notes.writing import held, version_of, write_atomic

JOURNAL_FILE = "journal.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a change.

    :param path: in the folder, with forward slashes.
    :param before: what it held; None if it was not there.
    :param after: the version that it will hold; None if it is removed.
    """

    path: str
    before: bytes | None
    after: str | None

    def is_made(self, root: Path) -> bool:
        """Say whether the file holds what it was to hold."""
        now = held(root / self.path)
        return (None if now is None else version_of(now)) == self.after

    def put_back(self, root: Path) -> bool:
        """Undo the change of the file.

        :return: False if it was not made, or another program was here since.
        :raises OSError, VaultError: if the disk refuses.
        """
        path = root / self.path
        if held(path) == self.before or not self.is_made(root):
            return False
        if self.before is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, self.before, overwrite=True)
        return True


class Journal:
    """The journal of one folder; who writes it holds the notes' lock."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.path = root / DATA_FOLDER / JOURNAL_FILE

    def exists(self) -> bool:
        """Say whether a change was cut off, or is being made just now."""
        return self.path.exists()

    def write(self, entries: Sequence[Entry]) -> None:
        """Write down what files hold before they are changed in this order.

        :raises VaultError: if the disk refuses.
        """
        # Latin-1 keeps any bytes, also of a file that is not UTF-8.
        told = [
            {
                "path": each.path,
                "before": None if each.before is None else each.before.decode("latin-1"),
                "after": each.after,
            }
            for each in entries
        ]
        write_atomic(self.path, json.dumps(told), overwrite=True)

    def read(self) -> list[Entry]:
        """Return what was written down; nothing if no change was cut off.

        :raises VaultError: if it cannot be read, or speaks of files that are no notes of the
            folder: it may have come with notes of somebody else.
        """
        data = held(self.path)
        if data is None:
            return []
        try:
            return [self._entry(each) for each in json.loads(data)]
        except (ValueError, LookupError, TypeError, OSError, RuntimeError) as error:
            raise VaultError(
                f"{self.path} cannot be read: move it away and look at the notes"
            ) from error

    def remove(self) -> None:
        """Forget the change: it is done, or undone.

        :raises OSError: if the disk refuses.
        """
        self.path.unlink(missing_ok=True)

    def _entry(self, told: dict[str, Any]) -> Entry:
        path, before, after = str(told["path"]), told["before"], told["after"]
        inside = (self._root / path).resolve().is_relative_to(self._root.resolve())
        if not is_note_path(path) or not inside:
            raise ValueError(path)
        return Entry(
            path,
            None if before is None else str(before).encode("latin-1"),
            None if after is None else str(after),
        )
