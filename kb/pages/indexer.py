"""Indexes beside the pages, so that leaving a page does not stop it and asking goes on."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from kb.pages.problems import OUR_ERRORS, line

if TYPE_CHECKING:
    from kb.indexing.sync import IndexReport, Progress
    from kb.knowledge import KnowledgeBase


# How long a report is news.
_NEWS_SECONDS = 60.0


class Indexer:
    """Runs one indexing at a time; what it says last can be read at any time."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = 0.0
        self.progress: Progress | None = None
        self.report: IndexReport | None = None
        self.error: str | None = None
        # Asks what waits in the inbox again; of the index as it was then.
        self.closer: threading.Thread | None = None
        self._reasked = -1

    @property
    def running(self) -> bool:
        """Whether it is indexing now."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, *, rebuild: bool = False) -> None:
        """Begin, unless it is indexing already."""
        with self._lock:
            if self.running:
                return
            self.progress = self.report = self.error = None
            self._thread = threading.Thread(
                target=self._run, args=(rebuild,), name="indexer", daemon=True
            )
            self._thread.start()

    def _run(self, rebuild: bool) -> None:
        try:
            self.report = self._base.index(rebuild=rebuild, progress=self._note)
            self._close_answered()
        except OUR_ERRORS as error:
            self.error = line(error)
        finally:
            self._ended = time.monotonic()

    def _close_answered(self) -> None:
        """Ask what waits in the inbox again, beside the pages, if the notes changed since."""
        generation = self._base.status().generation
        if generation == self._reasked or (self.closer is not None and self.closer.is_alive()):
            return
        self._reasked = generation
        self.closer = threading.Thread(target=self._reask, name="inbox", daemon=True)
        self.closer.start()

    def _reask(self) -> None:
        # What goes wrong here is shown where the inbox itself is.
        with suppress(*OUR_ERRORS):
            self._base.curation.close_answered(self._base.ask)

    def _note(self, progress: Progress) -> None:
        self.progress = progress

    @property
    def news(self) -> IndexReport | None:
        """The report, as long as it is news."""
        return self.report if time.monotonic() - self._ended < _NEWS_SECONDS else None

    @property
    def stopped(self) -> bool:
        """Whether it ended without a report and without an error of ours."""
        ended = self._thread is not None and not self.running
        return ended and self.report is None and self.error is None
