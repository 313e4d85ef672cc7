"""Builds the new index beside the old one and takes it only if the golden questions hold.

The new one begins as a copy of the old, so that nothing is embedded twice. Taking it is one
transaction of the old file: killed at any moment, the next start finds the old state or the new.
The search indexes beside the catalogue follow it by its generation, as ever.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kb.catalog.catalog import Catalog
from kb.errors import CatalogError
from kb.golden.questions import golden_questions
from kb.golden.score import Outcome, score
from kb.indexing.job import IndexReport, Progress
from kb.indexing.sync import sync
from kb.storage.writer_lock import WriterLock

if TYPE_CHECKING:
    from kb.config import Settings
    from kb.knowledge import KnowledgeBase
    from kb.measuring.own_questions import OwnQuestion
    from retrieval.encoder import Encoder

BESIDE_FOLDER = "beside"
Show = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate let through.

    :param right_before: golden questions that the old index answers rightly, None if it was empty.
    :param outcomes: of every golden question, on the new index.
    :param broke: those that were right before and are not now.
    """

    taken: bool
    right_before: int | None
    outcomes: tuple[Outcome, ...]
    broke: tuple[Outcome, ...]
    index: IndexReport

    @property
    def right(self) -> int:
        """How many the new index answers rightly."""
        return sum(each.passed for each in self.outcomes)


@dataclass(frozen=True, slots=True)
class Gate:
    """What indexing beside works with.

    :param over: returns a base with the same models over another catalogue.
    """

    settings: Settings
    encoder: Encoder
    over: Callable[[Catalog], KnowledgeBase]
    show: Show

    def index(self, *, rebuild: bool = False) -> GateReport:
        """Index beside, ask the golden questions of both, take the new if as many are right.

        :raises KbError: if there are no golden questions, or as `index_folder`.
        """
        root, folder = self.settings.notes, self.settings.data_folder / BESIDE_FOLDER
        questions = golden_questions(root, self.settings.max_note_bytes)
        with WriterLock(root), closing(Catalog.open(root, repair=rebuild)) as old:
            _clear(folder)
            try:
                with closing(_copied(old, folder)) as new:
                    report = self._index(new, rebuild=rebuild)
                    before = self._outcomes(old, questions, "asking old")
                    after = self._outcomes(new, questions, "asking new")
                    taken = _right(after) >= _right(before)
                    if taken:
                        old.take_over(new)
            finally:
                _clear(folder)
        was_right = {each.question for each in before if each.passed}
        broke = tuple(each for each in after if each.question in was_right and not each.passed)
        return GateReport(taken, _right(before) if before else None, tuple(after), broke, report)

    def _index(self, new: Catalog, *, rebuild: bool) -> IndexReport:
        return sync(
            self.settings.notes,
            new,
            self.encoder,
            rebuild=rebuild,
            passage_tokens=self.settings.passage_tokens,
            max_bytes=self.settings.max_note_bytes,
            progress=self.show,
        )

    def _outcomes(self, catalog: Catalog, questions: list[OwnQuestion], name: str) -> list[Outcome]:
        """Ask all questions of one catalogue; of an empty one there is nothing to ask."""
        with catalog.view() as view:
            if not view.totals().passages:
                return []
        count = len(questions)
        with closing(self.over(catalog)) as base:
            return score(base, questions, lambda done: self.show(Progress(name, done, count)))


def _right(outcomes: list[Outcome]) -> int:
    return sum(each.passed for each in outcomes)


def _copied(old: Catalog, folder: Path) -> Catalog:
    """Make a copy of a catalogue."""
    try:
        folder.mkdir()
    except OSError as exc:
        raise CatalogError(f"{folder} cannot be made: {exc.strerror}") from exc
    new = Catalog(old.root, folder)
    new.take_over(old)
    return new


def _clear(folder: Path) -> None:
    """Remove what this or a killed run left."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as exc:
        raise CatalogError(f"{folder} cannot be removed: {exc.strerror}") from exc
