"""Writes into the notes folder: only inside it, and a whole file or none."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from kb.config import DATA_FOLDER
from kb.errors import NoteChanged, VaultError

NOTE_SUFFIXES = (".md", ".markdown")
MAX_NAME_BYTES = 200
_TEMPORARY = (".kb-", ".tmp")
_LEFT_SECONDS = 60

# Names of devices on Windows, whatever follows the first dot.
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)
_FORBIDDEN = '<>:"|?*'


def safe_path(root: Path, name: str) -> Path:
    """Turn the name that a person gave a note into a path inside the notes folder.

    :param name: may have folders in front, with forward slashes; ``.md`` is added if missing.
    :raises VaultError: if the name is not fit for a note on every system, or leads out.
    """
    cleaned = name.strip()
    if not cleaned:
        raise VaultError("the note has no name: give it one")
    if not cleaned.lower().endswith(NOTE_SUFFIXES):
        cleaned += ".md"
    problem = _problem(cleaned)
    if problem:
        raise VaultError(f"note name {_shown(name)} {problem}")
    try:
        top = root.resolve()
        path = (top / cleaned).resolve()
    except (OSError, RuntimeError) as error:
        raise VaultError(f"note name {_shown(name)} leads through a broken link") from error
    if not path.is_relative_to(top):
        raise VaultError(f"note name {_shown(name)} leads out of the notes folder")
    if any(part.startswith(".") for part in path.relative_to(top).parts):
        raise VaultError(f"note name {_shown(name)} leads to a hidden folder")
    return path


def version_of(text: str | bytes) -> str:
    """Return what names a version of a note: the SHA-256 of its bytes, in hexadecimal."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return sha256(data).hexdigest()


def write_atomic(path: Path, text: str | bytes, *, overwrite: bool = False) -> None:
    """Write a file so that it is there as a whole or not at all; folders are made as needed.

    :param text: written as UTF-8, line ends as they are; bytes as they are.
    :param overwrite: replace a file that is there; else one of several writers wins.
    :raises VaultError: if the file is there and may not be replaced, or cannot be written.
    """
    _written(path, text, overwrite=overwrite, expected=None)


def replace_atomic(path: Path, text: str, expected: str | bytes) -> None:
    """Write a file in place of one that still holds what it held when it was read.

    :param expected: what it held; another program that writes during the replacement itself, an
        instant, is not noticed.
    :raises NoteChanged: if it holds something else by now.
    :raises VaultError: if it cannot be written.
    """
    data = expected.encode("utf-8") if isinstance(expected, str) else expected
    _written(path, text, overwrite=True, expected=data)


def is_temporary(name: str) -> bool:
    """Say whether a file's name is one that notes are written under before they get their own."""
    return name.startswith(_TEMPORARY[0]) and name.endswith(_TEMPORARY[1])


def remove_leftovers(root: Path, paths: Iterable[str]) -> None:
    """Remove temporary files of writers that were killed: no writing lasts as long as a minute.

    :param paths: among the notes; those in the data folder are removed too.
    """
    beside = (root / DATA_FOLDER).glob("*".join(_TEMPORARY))
    for path in [*(root / path for path in paths), *beside]:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT_SECONDS:
                path.unlink()


def _written(path: Path, text: str | bytes, *, overwrite: bool, expected: bytes | None) -> None:
    try:
        data = text.encode("utf-8") if isinstance(text, str) else text
        _make_folder(path.parent)
        _write(path, data, overwrite=overwrite, expected=expected)
    except FileExistsError as error:
        raise VaultError(f"{path} is already there: choose another name") from error
    except UnicodeEncodeError as error:
        raise VaultError(f"{path}: the text holds a character that UTF-8 cannot write") from error
    except OSError as error:
        raise VaultError(f"{path} cannot be written: {error.strerror or error}") from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise VaultError(f"{folder} is a file, not a folder: choose another name") from error


def _write(path: Path, data: bytes, *, overwrite: bool, expected: bytes | None) -> None:
    # Hidden, so that a scan of the folder never sees a half-written note.
    temporary = path.parent / f"{_TEMPORARY[0]}{secrets.token_hex(8)}{_TEMPORARY[1]}"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if expected is not None and (now := held(path)) != expected:
            version = None if now is None else version_of(now)
            message = f"{path} was changed meanwhile: look at it and try again"
            raise NoteChanged(path.name, message, version)
        if overwrite:
            _keep_mode(path, temporary)
            temporary.replace(path)
        else:
            _claim(path, temporary)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    _sync_folder(path.parent)


def held(path: Path) -> bytes | None:
    """Return what a file holds; None if there is none.

    :raises VaultError: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror or error}") from error


def _keep_mode(path: Path, temporary: Path) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with suppress(FileNotFoundError):
        temporary.chmod(path.stat().st_mode & 0o777)


def _claim(path: Path, temporary: Path) -> None:
    """Move a file to a name that nobody has; unlike a rename, a hard link fails if it is taken."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: hold the name with an empty file first.
        path.touch(exist_ok=False)
        temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _problem(name: str) -> str | None:
    """Say what is wrong with a relative path, or None."""
    if any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in name):
        return "holds a control character: remove it"
    if "\\" in name:
        return "holds a backslash: separate folders with /"
    if name.startswith("/"):
        return "begins with /: name it relative to the notes folder"
    for part in name.split("/"):
        if problem := _part_problem(part):
            return problem
    return None


def _part_problem(part: str) -> str | None:
    rules = {
        "has an empty part between two /": not part,
        "holds ..: stay inside the notes folder": part == "..",
        "begins with a dot: hidden notes are not read": part.startswith("."),
        f"holds one of {_FORBIDDEN}: choose other characters": any(c in _FORBIDDEN for c in part),
        "has a part that ends with a space or a dot": part != part.rstrip(" ."),
        "is a name that Windows reserves": part.split(".")[0].strip().lower() in _RESERVED,
        f"is longer than {MAX_NAME_BYTES} bytes: shorten it": _bytes(part) > MAX_NAME_BYTES,
        "holds a character that UTF-8 cannot write": _bytes(part) < 0,
    }
    return next((problem for problem, applies in rules.items() if applies), None)


def _bytes(part: str) -> int:
    try:
        return len(part.encode("utf-8"))
    except UnicodeEncodeError:
        return -1


def _shown(name: str) -> str:
    return ascii(name) if len(name) <= 60 else f"{name[:57]!a}…"
