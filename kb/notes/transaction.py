"""Changes several files of the notes folder together: all of them, or after a failure none.

What stood there before is written to a journal first. A failure puts it back at once; after a
crash the next change or the next indexing does: it keeps a change that was made whole and puts back
one that was not. A file that another program wrote meanwhile is left as that wrote it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kb.errors import NoteChanged, VaultError
from kb.notes.journal import Entry, Journal
from kb.notes.locking import notes_lock
from kb.notes.writing import held, replace_atomic, version_of, write_atomic


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

    @property
    def version(self) -> str | None:
        """The version that the file will have; None if it is removed."""
        return None if self.after is None else version_of(self.after)

    def is_needed(self) -> bool:
        """Say whether anything becomes of the file."""
        return self.version != (None if self.before is None else version_of(self.before))


@contextmanager
def changing(root: Path) -> Generator[None]:
    """Keep others of our writers out, and begin with whole changes only.

    :raises LockedError: if another writer takes too long.
    :raises VaultError: if the folder cannot be written.
    """
    with notes_lock(root):
        _recover(root)
        yield


def apply(root: Path, changes: Sequence[Change]) -> None:
    """Make all changes, inside `changing`.

    New files are written first and old ones removed last: no text is ever only in memory.

    :raises NoteChanged: if a file is not what it was before; then nothing is changed.
    :raises VaultError: if the disk refuses; then what was changed is put back.
    """
    for change in changes:
        if held(root / change.path) != change.before:
            raise _changed(root, change)
    ordered = sorted((each for each in changes if each.is_needed()), key=_order)
    entries = [Entry(each.path, each.before, each.version) for each in ordered]
    journal = Journal(root)
    journal.write(entries)
    try:
        for change in ordered:
            _make(root, change)
    except BaseException:
        _put_back(root, entries)
        journal.remove()
        raise
    journal.remove()


def recover(root: Path) -> list[str]:
    """Put back what a change that was cut off left half done; wait for one that is being made.

    :return: the paths that were put back; none if the change was made whole.
    :raises LockedError: if another writer takes too long.
    :raises VaultError: if it cannot be put back: the journal stays for another try.
    """
    if not Journal(root).exists():
        return []
    with notes_lock(root):
        return _recover(root)


def _recover(root: Path) -> list[str]:
    journal = Journal(root)
    entries = journal.read()
    try:
        # The last of its files was changed last.
        is_whole = not entries or entries[-1].is_made(root)
        restored = [] if is_whole else _put_back(root, entries)
        journal.remove()
    except (OSError, VaultError) as error:
        raise VaultError(
            f"a change to notes was cut off and cannot be put right ({error}): allow writing there"
        ) from error
    return restored


def _put_back(root: Path, entries: Sequence[Entry]) -> list[str]:
    """Put back the last first: cut off too, the change still looks like half of one."""
    return [each.path for each in reversed(entries) if each.put_back(root)]


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
