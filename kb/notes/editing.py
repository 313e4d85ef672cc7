"""Writes single notes: new ones, and new versions of ones that did not change meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kb.errors import NoteChanged, VaultError
from kb.notes import moving
from kb.notes.transaction import Change, apply, changing, recover
from kb.notes.trash import Trash, Trashed
from kb.notes.writing import held, replace_atomic, safe_path, version_of, write_atomic

if TYPE_CHECKING:
    from kb.notes.adding import Added
    from kb.notes.incoming import Incoming, Limits
    from kb.notes.moving import Move


class NoteEditor:
    """Writes the notes of one folder; thread-safe, and other processes of ours may write too."""

    def __init__(self, root: Path, limits: Limits) -> None:
        """Take the notes of a folder."""
        self._root = root
        self._limits = limits
        self._trash = Trash(root)

    @property
    def limits(self) -> Limits:
        """What is taken in as notes."""
        return self._limits

    def version(self, name: str) -> str | None:
        """Return the version of a note that is there now, None if there is none.

        :raises VaultError: if the name is not allowed.
        """
        now = held(safe_path(self._root, name))
        return None if now is None else version_of(now)

    def write(
        self, name: str, text: str, expected: str | None, *, keep_line_ends: bool = False
    ) -> str:
        """Write a note; it is found after the next `index`.

        :param name: path in the folder; ``.md`` is added where it is missing.
        :param expected: the version that the text is to replace, as ``version_of`` names it; None
            for a note that is not there yet.
        :param keep_line_ends: write the line ends that the note has, whichever the text has: what
            comes from a browser has lost them.
        :return: the path it was written to.
        :raises NoteChanged: if another version is there, or none.
        :raises VaultError: if the name or the text is not allowed, or the disk refuses.
        """
        target = safe_path(self._root, name)
        path = self._path(target)
        with changing(self._root):
            before = held(target)
            found = None if before is None else version_of(before)
            if found != expected:
                raise NoteChanged(path, _changed(path, found), found)
            if before is not None and keep_line_ends:
                text = _with_line_ends(text, before)
            self._check(path, text)
            if before is None:
                write_atomic(target, text)
                return path
            try:
                replace_atomic(target, text, before)
            except NoteChanged as error:
                raise NoteChanged(path, _changed(path, error.version), error.version) from error
        return path

    def add(self, name: str, text: str, *, overwrite: bool = False) -> str:
        """Write a note, in place of one of that name if asked.

        :return: the path it was written to.
        :raises VaultError: as `add_all` does.
        """
        return self.add_all([(name, text)], overwrite=overwrite)[0]

    def add_all(self, notes: Sequence[tuple[str, str]], *, overwrite: bool = False) -> list[str]:
        """Write notes, names and texts, all of them or none.

        :return: the paths they were written to.
        :raises VaultError: if a name or a text is not allowed, or a name is taken and
            ``overwrite`` is False.
        """
        targets = [safe_path(self._root, name) for name, _text in notes]
        with changing(self._root):
            changes: list[Change] = []
            for target, (_name, text) in zip(targets, notes, strict=True):
                path = self._path(target)
                self._check(path, text)
                before = held(target)
                if before is not None and not overwrite:
                    raise _taken([path])
                changes.append(Change(path, before, text))
            apply(self._root, changes)
        return [change.path for change in changes]

    def check_names(self, names: Iterable[str], *, overwrite: bool = False) -> None:
        """Refuse names that are not allowed, or that notes have already.

        :raises VaultError: naming the first.
        """
        taken = [name for name in names if safe_path(self._root, name).exists()]
        if taken and not overwrite:
            raise _taken(taken)

    def add_files(
        self,
        files: Sequence[Incoming],
        *,
        folder: str = "",
        name: str | None = None,
        overwrite: bool = False,
    ) -> Added:
        """Add files of other programs, see `kb.notes.adding.add_files`.

        :param name: of the note, if there is one file.
        """
        from kb.notes.adding import add_files

        if name is None:
            return add_files(self, files, self.limits, folder=folder, overwrite=overwrite)
        return add_files(self, files, self.limits, names=[name], overwrite=overwrite)

    def plan_move(self, path: str, name: str) -> Move:
        """Work out what becomes of a note and of the links to it under another name.

        :raises VaultError: if that cannot be.
        """
        return moving.plan(self._root, path, name, max_bytes=self.limits.note_bytes)

    def move(self, path: str, name: str, version: str | None = None) -> Move:
        """Give a note another name, links following: all of it or nothing.

        :param version: of the move that was shown, `Move.version`; None to move unseen.
        :return: what was done.
        :raises NoteChanged: if it is another move by now.
        :raises VaultError: if it cannot be.
        """
        with changing(self._root):
            move = self.plan_move(path, name)
            moving.check(move, version)
            apply(self._root, move.changes)
            moving.remove_emptied(self._root, path)
        return move

    def delete(self, path: str, expected: str | None = None) -> str:
        """Move a note to the trash.

        :param expected: the version that is meant; None for any.
        :return: its name in the trash.
        :raises NoteChanged: if another version is there.
        """
        with changing(self._root):
            return self._trash.put(path, expected)

    def deleted(self) -> list[Trashed]:
        """Return what is in the trash, the last deleted first."""
        return self._trash.notes()

    def restore(self, name: str, to: str | None = None) -> str:
        """Put a note back from the trash.

        :param name: its name in the trash.
        :param to: another path than the one it had.
        :return: the path it was written to.
        :raises VaultError: if it is not there, or its path is taken.
        """
        with changing(self._root):
            return self._trash.restore(name, to)

    def destroy(self, name: str) -> None:
        """Delete a note of the trash for good.

        :raises VaultError: if it is not there.
        """
        with changing(self._root):
            self._trash.destroy(name)

    def recover(self) -> list[str]:
        """Put back what a change that was cut off left half done; return the paths."""
        return recover(self._root)

    def _path(self, target: Path) -> str:
        return target.relative_to(self._root.resolve()).as_posix()

    def _check(self, path: str, text: str) -> None:
        """Refuse what could not be read again."""
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self.limits.note_bytes:
            limit = self.limits.note_bytes / 1024 / 1024
            raise VaultError(f"{path}: larger than {limit:g} MiB; split it into smaller notes")
        if "\0" in text:
            raise VaultError(f"{path}: the text holds a zero byte: remove it")


def _taken(paths: Sequence[str]) -> VaultError:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return VaultError(
        f"{paths[0]}{more} is already there: choose another name, or replace it (--overwrite)"
    )


def _changed(path: str, found: str | None) -> str:
    if found is None:
        return f"{path} is gone meanwhile: look at the folder, or save it under a new name"
    return f"{path} was changed meanwhile: look at it and choose what is kept"


def _with_line_ends(text: str, before: bytes) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    windows = before.count(b"\r\n") * 2 > before.count(b"\n")
    return lines.replace("\n", "\r\n") if windows else lines
