"""What goes on beside the requests: models are opened, written notes are indexed."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kb.errors import LockedError
from kb.indexing.watching import changes
from kb.web.problems import OUR_ERRORS

if TYPE_CHECKING:
    from kb.indexing.job import Progress
    from kb.knowledge import KnowledgeBase

_RETRY_SECONDS = 1.0


class Background:
    """Warms a base up, then indexes whenever it is asked to or a note changes; a context manager.

    Where the settings say so, it watches what other programs write.
    """

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        named = {"background": self._run}
        if base.settings.watch:
            named["watch"] = self._watch
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True) for name, work in named.items()
        ]
        self.ready = False
        # Why it is not ready, or why the last indexing failed.
        self.error: str | None = None

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End when the work at hand is done."""
        self._stopped.set()
        self._wanted.set()
        for thread in self._threads:
            thread.join()

    def index(self) -> None:
        """Have the notes indexed soon; asked again meanwhile, once more after that."""
        self._wanted.set()

    def _run(self) -> None:
        self._warm_up()
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopped.is_set():
                return
            self._index()

    def _watch(self) -> None:
        for _ in changes(self._base.root, self._stopped):
            self.index()

    def _warm_up(self) -> None:
        try:
            self._base.warm_up()
            self.ready = True
        except OUR_ERRORS as error:
            self._failed(error)

    def _index(self) -> None:
        try:
            self._base.index(progress=self._go_on)
            self.error = None
        except _Stopped:
            return
        except LockedError:
            # Whoever is indexing may have passed the note already.
            self._stopped.wait(_RETRY_SECONDS)
            self._wanted.set()
        except OUR_ERRORS as error:
            self._failed(error)
        else:
            if not self.ready:
                # A new index may have mended what was in the way.
                self._warm_up()

    def _go_on(self, _progress: Progress) -> None:
        """Stop an indexing when the server stops: what it did is kept, the next one goes on."""
        if self._stopped.is_set():
            raise _Stopped

    def _failed(self, error: Exception) -> None:
        self.error = " ".join(str(error).split())
        sys.stderr.write(f"kb: {self.error}\n")


class _Stopped(Exception):
    """The server stops."""
