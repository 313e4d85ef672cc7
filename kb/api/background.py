"""What goes on beside the requests: models are opened, written notes are indexed."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from kb.errors import LockedError
from kb.web.problems import OUR_ERRORS

if TYPE_CHECKING:
    from kb.knowledge import KnowledgeBase

_RETRY_SECONDS = 1.0


class Background:
    """One thread: it warms the base up, then indexes whenever it is asked to."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self.ready = False
        # Why it is not ready, or why the last indexing failed.
        self.error: str | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def index(self) -> None:
        """Have the notes indexed soon; asked again meanwhile, once more after that."""
        self._wanted.set()

    def stop(self) -> None:
        """End when the work at hand is done."""
        self._stopped.set()
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._base.warm_up()
            self.ready = True
        except OUR_ERRORS as error:
            self._failed(error)
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopped.is_set():
                return
            self._index()

    def _index(self) -> None:
        try:
            self._base.index()
            self.error = None
        except LockedError:
            # Whoever is indexing may have passed the note already.
            self._stopped.wait(_RETRY_SECONDS)
            self._wanted.set()
        except OUR_ERRORS as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.error = " ".join(str(error).split())
        sys.stderr.write(f"kb: {self.error}\n")
