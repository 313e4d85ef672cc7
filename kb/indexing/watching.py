"""Tells when notes were changed by whatever program, once what it writes has settled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import Change, watch

from kb.config import DATA_FOLDER

# A change is told after so much quiet, and at the latest after so long.
SETTLE_MS = 400
LONGEST_MS = 5000
# So often is looked whether the folder is still the same one.
LOOK_MS = 5000
_AWAY_SECONDS = 2.0
# What editors, browsers and syncs write beside a file or in its place for a moment.
_PASSING = (
    "~",
    ".bak",
    ".crdownload",
    ".download",
    ".kate-swp",
    ".part",
    ".partial",
    ".swo",
    ".swp",
    ".swx",
    ".tmp",
)


def changes(
    root: Path, stop: threading.Event, *, settle_ms: int = SETTLE_MS, look_ms: int = LOOK_MS
) -> Iterator[None]:
    """Yield once when it is ready, and after every change that may concern notes, until stopped.

    A folder that is taken away is waited for; when it is back, that is a change.

    :param settle_ms: how long nothing may happen before a change is told.
    """
    while not stop.is_set():
        if root.is_dir():
            yield from _while_there(root, stop, settle_ms, look_ms)
        stop.wait(min(_AWAY_SECONDS, look_ms / 1000))


def concerns(root: Path) -> Callable[[Change, str], bool]:
    """Return what says whether a changed path may be a note, or a folder of notes."""
    top = str(root.resolve())

    def filtered(_change: Change, path: str) -> bool:
        name = path.removeprefix(top).replace("\\", "/").strip("/")
        parts = name.split("/")
        hidden = any(part.startswith((".", "#")) for part in parts) or DATA_FOLDER in parts
        return not hidden and not name.lower().endswith(_PASSING)

    return filtered


def _while_there(root: Path, stop: threading.Event, settle_ms: int, look_ms: int) -> Iterator[None]:
    found = watch(
        root.resolve(),
        watch_filter=concerns(root),
        debounce=LONGEST_MS,
        step=settle_ms,
        stop_event=stop,
        rust_timeout=look_ms,
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    )
    before = _identity(root)
    is_new = True
    try:
        for batch in found:
            if _identity(root) != before:
                return
            # The first time nothing is known to have changed, but it may have before we looked.
            if batch or is_new:
                yield
            is_new = False
    except (OSError, RuntimeError):
        # Taken away while it was looked at.
        return


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
