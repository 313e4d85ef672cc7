"""Indexes beside the pages, so that leaving a page does not stop it and asking goes on."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from kb.pages.problems import OUR_ERRORS

if TYPE_CHECKING:
    from kb.indexing.sync import IndexReport, Progress
    from kb.knowledge import KnowledgeBase


# How long a report is news.
_NEWS_SECONDS = 60.0
# How long another process may be indexing before that is an error.
_LOCK_SECONDS = 60.0


class Indexer:
    """Runs one indexing at a time; what it says last can be read at any time."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._running = self._again = self._died = False
        self._ended = 0.0
        self._changes = 0
        self.progress: Progress | None = None
        self.report: IndexReport | None = None
        self.error: Exception | None = None
        # Asks what waits in the inbox again; of the index as it was then.
        self.closer: threading.Thread | None = None
        self._reasked = -1

    @property
    def running(self) -> bool:
        """Whether it is indexing now."""
        return self._running

    @property
    def changes(self) -> int:
        """How many runs changed what can be found, or failed; a page that knows less is old."""
        return self._changes

    def start(
        self, *, rebuild: bool = False, forget_missing: bool = False, quiet: bool = False
    ) -> None:
        """Begin; if it is indexing already, once more after that, for what changed meanwhile.

        :param forget_missing: drop notes that vanished, however many at once.
        :param quiet: a run that changes nothing is no news.
        """
        with self._lock:
            if self._running:
                self._again = True
                return
            self._running, self._died = True, False
            if not quiet:
                self.report = self.error = None
            self.progress = None
            options = (rebuild, forget_missing, quiet)
            threading.Thread(target=self._run, args=options, name="indexer", daemon=True).start()

    def _run(self, rebuild: bool, forget_missing: bool, quiet: bool) -> None:
        try:
            self._index(rebuild, forget_missing, quiet)
            while self._is_asked_again():
                self._index(False, False, True)
        except BaseException:
            self._died = True
            raise
        finally:
            with self._lock:
                self._running = self._again = False

    def _is_asked_again(self) -> bool:
        with self._lock:
            again, self._again = self._again, False
            self._running = again
            return again

    def _index(self, rebuild: bool, forget_missing: bool, quiet: bool) -> None:
        try:
            report = self._base.index(
                rebuild=rebuild,
                forget_missing=forget_missing,
                timeout=_LOCK_SECONDS,
                progress=self._note,
            )
        except OUR_ERRORS as error:
            self._changes += str(error) != str(self.error)
            self.error, self._ended = error, time.monotonic()
            return
        self._changes += self._is_news(report) or self.error is not None
        if self._is_news(report) or not quiet:
            self.report, self._ended = report, time.monotonic()
        self.error = None
        self._close_answered()

    def _is_news(self, report: IndexReport) -> bool:
        known = self.report.missing if self.report else ()
        changed = report.added or report.changed or report.renamed or report.removed
        return bool(changed) or report.missing != known

    def _close_answered(self) -> None:
        """Ask what waits in the inbox again, beside the pages, if the notes changed since."""
        with suppress(*OUR_ERRORS):
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
        """The report, as long as it is news; that notes are missing stays so."""
        is_new = time.monotonic() - self._ended < _NEWS_SECONDS
        report = self.report
        return report if report and (is_new or report.missing) else None

    @property
    def stopped(self) -> bool:
        """Whether it ended without a report and without an error of ours."""
        return self._died
