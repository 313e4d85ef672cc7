"""Writes single notes: new ones, and new versions of ones that did not change meanwhile."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from kb.errors import NoteChanged, VaultError
from kb.notes.locking import notes_lock
from kb.notes.writing import held, replace_atomic, safe_path, write_atomic


def version_of(text: str | bytes) -> str:
    """Return what names a version of a note: the SHA-256 of its bytes, in hexadecimal."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return sha256(data).hexdigest()


class NoteEditor:
    """Writes the notes of one folder; thread-safe, and other processes of ours may write too."""

    def __init__(self, root: Path, *, max_bytes: int) -> None:
        """Take the notes of a folder.

        :param max_bytes: the largest note.
        """
        self._root = root
        self._max_bytes = max_bytes

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
        path = target.relative_to(self._root.resolve()).as_posix()
        with notes_lock(self._root):
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
        :raises VaultError: if the name or the text is not allowed, or the name is taken and
            ``overwrite`` is False.
        """
        target = safe_path(self._root, name)
        path = target.relative_to(self._root.resolve()).as_posix()
        self._check(path, text)
        with notes_lock(self._root):
            write_atomic(target, text, overwrite=overwrite)
        return path

    def _check(self, path: str, text: str) -> None:
        """Refuse what could not be read again."""
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._max_bytes:
            limit = self._max_bytes / 1024 / 1024
            raise VaultError(f"{path}: larger than {limit:g} MiB; split it into smaller notes")
        if "\0" in text:
            raise VaultError(f"{path}: the text holds a zero byte: remove it")


def _changed(path: str, found: str | None) -> str:
    if found is None:
        return f"{path} is gone meanwhile: look at the folder, or save it under a new name"
    return f"{path} was changed meanwhile: look at it and choose what is kept"


def _with_line_ends(text: str, before: bytes) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    windows = before.count(b"\r\n") * 2 > before.count(b"\n")
    return lines.replace("\n", "\r\n") if windows else lines
