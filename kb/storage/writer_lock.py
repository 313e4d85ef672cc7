"""One writer at a time: a lock of the system that ends with the process that holds it."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from kb.config import DATA_FOLDER
from kb.errors import CatalogError, LockedError

LOCK_FILE = "write.lock"
OWNER_FILE = "write.lock.json"


class WriterLock:
    """Keeps other processes and threads from indexing the same notes; a context manager.

    A process that died holds no lock: the side file only tells who to name.

    :param timeout: seconds to wait for another writer; 0 does not wait.
    """

    def __init__(self, root: Path, timeout: float = 0.0) -> None:
        if timeout < 0:
            raise ValueError(f"timeout is {timeout}, must be at least 0")
        self._root = root
        self._timeout = timeout
        folder = root / DATA_FOLDER
        self._owner = folder / OWNER_FILE
        self._lock = FileLock(folder / LOCK_FILE, thread_local=False)

    def __enter__(self) -> Self:
        """Take the lock.

        :raises LockedError: naming who holds it and since when.
        :raises CatalogError: if the folder cannot be written.
        """
        try:
            self._owner.parent.mkdir(exist_ok=True)
            self._lock.acquire(timeout=self._timeout)
        except Timeout as error:
            raise LockedError(
                f"{self._root} is being indexed by {self._holder()}: try again when it is done"
            ) from error
        except FileNotFoundError as error:
            raise CatalogError(f"no folder {self._root}: make it or name another") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise CatalogError(
                f"{self._owner.parent} cannot be written ({reason}): indexing needs to write there"
            ) from error
        try:
            self._sign()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        with suppress(OSError):
            self._owner.unlink()
        self._lock.release()

    def _sign(self) -> None:
        """Write down who holds the lock; without that it holds all the same."""
        owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with suppress(OSError):
            self._owner.write_text(json.dumps(owner), encoding="utf-8")

    def _holder(self) -> str:
        try:
            owner: Any = json.loads(self._owner.read_text(encoding="utf-8"))
            since = datetime.fromisoformat(owner["since"]).astimezone()
            return f"process {owner['pid']} on {owner['host']} since {since:%Y-%m-%d %H:%M:%S}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
