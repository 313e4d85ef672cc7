"""One change to the notes at a time, among all processes of ours."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kb.config import DATA_FOLDER
from kb.errors import LockedError, VaultError

LOCK_FILE = "notes.lock"
WAIT_SECONDS = 30.0


@contextmanager
def notes_lock(root: Path, timeout: float = WAIT_SECONDS) -> Generator[None]:
    """Keep others of our writers out, so that what was compared is what is replaced.

    Indexing only reads notes and goes on meanwhile; other programs know nothing of the lock.

    :param timeout: seconds to wait for another writer.
    :raises LockedError: if that was too short.
    :raises VaultError: if the folder cannot be written.
    """
    folder = root / DATA_FOLDER
    lock = FileLock(folder / LOCK_FILE, thread_local=False)
    try:
        folder.mkdir(exist_ok=True)
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise LockedError(f"{root}: another program of kb is writing notes: try again") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise VaultError(f"{folder} cannot be written ({reason}): allow writing there") from error
    try:
        yield
    finally:
        lock.release()
