"""Changes several files of the notes folder together: all of them, or after a failure none.

What stood there before is written to a journal first. A failure puts it back at once; a crash is
put right by the next change. A file that another program wrote meanwhile is left as that wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from kb.config import DATA_FOLDER
from kb.errors import NoteChanged, VaultError
from kb.notes.writing import held, replace_atomic, version_of, write_atomic

JOURNAL_FILE = "journal.json"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file.

    :param path: in the folder, with forward slashes.
    :param before: what it holds; None if it is not there.
    :param after: what it will hold; None if it is removed.
    """

    path: str
    before: bytes | None
    after: str | None


def apply(root: Path, changes: Sequence[Change]) -> None:
    """Make all changes; the caller holds the notes' lock.

    New files are written first and old ones removed last: no text is ever only in memory.

    :raises NoteChanged: if a file is not what it was before; then nothing is changed.
    :raises VaultError: if the disk refuses; then what was changed is put back.
    """
    recover(root)
    for change in changes:
        if held(root / change.path) != change.before:
            raise _changed(root, change)
    journal = _write_journal(root, changes)
    try:
        for change in sorted(changes, key=_order):
            _make(root, change)
    except BaseException:
        recover(root)
        raise
    journal.unlink(missing_ok=True)


def is_interrupted(root: Path) -> bool:
    """Say whether a change was cut off, or is being made just now."""
    return _journal(root).exists()


def recover(root: Path) -> list[str]:
    """Put back what an interrupted change left half done; the caller holds the notes' lock.

    :return: the paths that were put back.
    """
    journal = _journal(root)
    data = held(journal)
    if data is None:
        return []
    restored = [path for entry in _entries(journal, data) if (path := _put_back(root, entry))]
    journal.unlink(missing_ok=True)
    return restored


def _order(change: Change) -> int:
    return 0 if change.before is None else 2 if change.after is None else 1


def _make(root: Path, change: Change) -> None:
    path = root / change.path
    if change.before is None:
        write_atomic(path, change.after or "")
    elif change.after is not None:
        replace_atomic(path, change.after, change.before)
    elif held(path) != change.before:
        raise _changed(root, change)
    else:
        _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise VaultError(f"{path} cannot be removed: {error.strerror or error}") from error


def _changed(root: Path, change: Change) -> NoteChanged:
    now = held(root / change.path)
    what = "is there already" if change.before is None else "was changed meanwhile"
    version = None if now is None else version_of(now)
    return NoteChanged(change.path, f"{change.path} {what}: look at it and try again", version)


def _journal(root: Path) -> Path:
    return root / DATA_FOLDER / JOURNAL_FILE


def _write_journal(root: Path, changes: Sequence[Change]) -> Path:
    entries = [
        {
            "path": change.path,
            # Latin-1 keeps any bytes, also of a file that is not UTF-8.
            "before": None if change.before is None else change.before.decode("latin-1"),
            "after": None if change.after is None else version_of(change.after),
        }
        for change in changes
    ]
    journal = _journal(root)
    write_atomic(journal, json.dumps(entries), overwrite=True)
    return journal


def _entries(journal: Path, data: bytes) -> list[dict[str, Any]]:
    try:
        return cast("list[dict[str, Any]]", json.loads(data))
    except ValueError as error:
        raise VaultError(f"{journal} cannot be read: move it away and look at the notes") from error


def _put_back(root: Path, entry: dict[str, Any]) -> str | None:
    """Undo one change that was made; None if it was not, or another program was here since."""
    path = root / str(entry["path"])
    now = held(path)
    before = None if entry["before"] is None else str(entry["before"]).encode("latin-1")
    found = None if now is None else version_of(now)
    if now == before or found != entry["after"]:
        return None
    if before is None:
        with suppress(FileNotFoundError):
            path.unlink()
    else:
        write_atomic(path, before, overwrite=True)
    return str(entry["path"])
