"""The notes folder: lists its Markdown files and reads one of them.

Writing is in ``kb.notes.writing`` and offered here too.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kb.errors import NoteError, VaultError
from kb.notes.writing import NOTE_SUFFIXES, is_temporary, safe_path, write_atomic

__all__ = ["NoteFile", "Scan", "Skipped", "read_text", "safe_path", "scan", "write_atomic"]

MAX_NOTE_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class NoteFile:
    """A Markdown file; its path is relative to the folder, with forward slashes."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A file or folder that is not read, and why, in one line."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a notes folder holds, sorted by path.

    :param leftovers: files that a writer of ours left when it was killed, or is about to rename.
    """

    files: tuple[NoteFile, ...]
    skipped: tuple[Skipped, ...]
    leftovers: tuple[str, ...] = ()


def scan(
    root: Path, *, max_bytes: int = MAX_NOTE_BYTES, suffixes: tuple[str, ...] = NOTE_SUFFIXES
) -> Scan:
    """List the Markdown files of a notes folder; hidden files and folders are left out.

    Links to files inside the folder are followed; what cannot be read is reported, not raised.

    :param max_bytes: larger files are skipped without being read.
    :param suffixes: which files are listed, in lower case.
    :raises VaultError: if the folder itself cannot be read.
    """
    return _Walk(checked_root(root), max_bytes, suffixes).run()


def read_text(root: Path, path: str, *, max_bytes: int = MAX_NOTE_BYTES) -> str:
    """Read a note; every character stays as it is, line ends and byte-order mark included.

    :param path: relative to the folder, with forward slashes, as ``scan`` gives it.
    :raises NoteError: if the file is missing, too large, unreadable, or not UTF-8 text.
    """
    try:
        if not (root / path).resolve().is_relative_to(root.resolve()):
            raise NoteError(f"{path}: is not in the notes folder")
        with (root / path).open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, RuntimeError, ValueError) as error:
        raise NoteError(f"{path}: cannot be read ({_reason(error)})") from error
    if len(data) > max_bytes:
        raise NoteError(f"{path}: {_too_large(max_bytes)}")
    if (position := data.find(b"\0")) >= 0:
        raise NoteError(f"{path}: is not text (zero byte at position {position})")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"byte 0x{data[error.start]:02x} at position {error.start}"
        raise NoteError(f"{path}: is not UTF-8 text ({where}); save it as UTF-8") from error


class _Walk:
    """Gathers the notes below one folder."""

    def __init__(self, top: Path, max_bytes: int, suffixes: tuple[str, ...]) -> None:
        self.top = top
        self.max_bytes = max_bytes
        self.suffixes = suffixes
        self.files: list[NoteFile] = []
        self.skipped: list[Skipped] = []
        self.leftovers: list[str] = []

    def run(self) -> Scan:
        """Walk with an explicit stack, so that depth is no limit."""
        waiting = [(self.top, "")]
        while waiting:
            folder, prefix = waiting.pop()
            for entry in self._entries(folder, prefix):
                name = prefix + entry.name
                target = self._target(entry, name) if entry.is_symlink() else Path(entry.path)
                if target is None:
                    continue
                if self._is_folder(target):
                    waiting.append((target, f"{name}/"))
                elif entry.name.lower().endswith(self.suffixes):
                    self._file(target, name)
        return Scan(tuple(sorted(self.files)), tuple(sorted(self.skipped)), tuple(self.leftovers))

    def _entries(self, folder: Path, prefix: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except FileNotFoundError:
            return
        except OSError as error:
            self._skip(prefix.rstrip("/"), f"folder cannot be read ({_reason(error)})")
            return
        self.leftovers += [prefix + entry.name for entry in listed if is_temporary(entry.name)]
        for entry in listed:
            if entry.name.startswith("."):
                continue
            if _is_valid(entry.name):
                yield entry
            else:
                shown = entry.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                self._skip(prefix + shown, "name is not valid UTF-8; rename it")

    def _target(self, entry: os.DirEntry[str], name: str) -> Path | None:
        """Resolve a link; None if it is not followed."""
        try:
            target = Path(entry.path).resolve(strict=True)
        except FileNotFoundError:
            self._skip(name, "link leads nowhere")
            return None
        except (OSError, RuntimeError) as error:
            circle = isinstance(error, RuntimeError) or error.errno == errno.ELOOP
            reason = "link leads in a circle" if circle else f"link is broken ({_reason(error)})"
            self._skip(name, reason)
            return None
        reason = self._refusal(Path(entry.path), target)
        if reason:
            self._skip(name, reason)
        return None if reason else target

    def _refusal(self, link: Path, target: Path) -> str | None:
        """Say why a link is not followed, or None."""
        if not target.is_relative_to(self.top):
            return "link leads out of the notes folder"
        if any(part.startswith(".") for part in target.relative_to(self.top).parts):
            return "link leads to a hidden file or folder"
        if link.is_relative_to(target):
            return "link leads in a circle"
        if self._is_folder(target):
            # Followed, such links would list the same notes twice, or without end.
            return "link to a folder whose notes are listed where they are"
        return None

    def _is_folder(self, path: Path) -> bool:
        try:
            return stat.S_ISDIR(path.stat().st_mode)
        except OSError:
            return False

    def _file(self, path: Path, name: str) -> None:
        try:
            status = path.stat()
        except FileNotFoundError:
            return
        except OSError as error:
            self._skip(name, f"cannot be read ({_reason(error)})")
            return
        if not stat.S_ISREG(status.st_mode):
            self._skip(name, "not an ordinary file")
        elif status.st_size > self.max_bytes:
            self._skip(name, _too_large(self.max_bytes))
        elif not os.access(path, os.R_OK):
            self._skip(name, "cannot be read (permission denied)")
        else:
            self.files.append(NoteFile(name, status.st_size, status.st_mtime_ns))

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path, reason))


def is_note_path(path: str) -> bool:
    """Say whether a path has the form that ``scan`` gives: a Markdown file, nothing hidden."""
    parts = path.split("/")
    return path.lower().endswith(NOTE_SUFFIXES) and not any(
        part in ("", "..") or part.startswith(".") for part in parts
    )


def checked_root(root: Path) -> Path:
    """Return the folder without links in its path.

    :raises VaultError: if it does not exist, is no folder or cannot be read.
    """
    try:
        top = root.resolve(strict=True)
        if not top.is_dir():
            raise VaultError(f"{root} is not a folder: name the folder that holds the notes")
        with os.scandir(top):
            return top
    except FileNotFoundError as error:
        raise VaultError(f"no folder {root}: make it with `kb init` or name another") from error
    except PermissionError as error:
        raise VaultError(f"folder {root} cannot be read: allow reading it") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise VaultError(f"folder {root} cannot be read: {_reason(error)}") from error


def _is_valid(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _too_large(max_bytes: int) -> str:
    return f"larger than {max_bytes / 1024 / 1024:g} MiB; split it into smaller notes"


def _reason(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return (reason or type(error).__name__).lower()
