"""Files that only their owner may read: hashes of passwords and the key of the sessions."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from hmac import digest
from pathlib import Path

from kb.errors import AccessError

KEY_BYTES = 32


def write_private(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, for its owner alone; folders are made as needed.

    :raises AccessError: if it cannot be written.
    """
    temporary = path.parent / f".{path.name}-{secrets.token_hex(8)}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:
        raise AccessError(f"{path} cannot be written: {error.strerror or error}") from error


def remove_private(path: Path) -> None:
    """Delete such a file.

    :raises AccessError: if it cannot be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise AccessError(f"{path} cannot be deleted: {error.strerror or error}") from error


@cache
def session_key(notes: Path) -> bytes:
    """Return the key that signs who logged in to the pages of a folder.

    It lies outside of the notes, which may be shared or copied. Where it cannot be kept, this
    process has one of its own, and people log in again after a restart.
    """
    try:
        key = _read_key(_state_folder() / "session.key")
    except (AccessError, RuntimeError):  # without a home folder there is no path either
        key = secrets.token_bytes(KEY_BYTES)
    # Of the folder: who may read one base has not logged in to the next one on this machine.
    return digest(key, str(notes.resolve()).encode("utf-8", "surrogatepass"), sha256)


def _read_key(path: Path) -> bytes:
    with suppress(OSError, ValueError):
        key = bytes.fromhex(path.read_text("ascii"))
        if len(key) == KEY_BYTES:
            return key
    write_private(path, secrets.token_hex(KEY_BYTES))
    return bytes.fromhex(path.read_text("ascii"))


def _state_folder() -> Path:
    """Return where this system keeps what programs remember of themselves."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "notes-kb"
    given = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(given) / "notes-kb"
