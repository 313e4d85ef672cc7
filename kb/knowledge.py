"""`KnowledgeBase`: the one object that the command line, the pages and programs talk to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from kb.answer import Alternative, Answer, Citation, Scored
from kb.catalog.catalog import Catalog
from kb.catalog.rows import NoteInfo, StoredPassage
from kb.errors import CatalogMissing, NoteError, QuestionError
from kb.indexing.sync import IndexReport, Progress, count_stale, index_folder
from kb.notes import vault
from kb.notes.note import parse_note
from kb.notes.vault import Skipped
from kb.notes.writing import safe_path, write_atomic
from qa.answerer import Candidate, Judge
from qa.reader import Context, load_reader
from retrieval.encoder import load_encoder

if TYPE_CHECKING:
    from kb.config import Settings
    from kb.faq import FaqEntry, FaqIndex
    from kb.indexing.passage_index import PassageIndex
    from kb.storage.history import History
    from qa.reader import Reader
    from retrieval.encoder import Encoder
    from retrieval.retriever import Hit
    from retrieval.scope import Scope

NEAREST = 5
Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Status:
    """What a base holds.

    :param stale: notes that were added, changed or removed since the last indexing.
    :param size_bytes: of the catalogue on disk.
    """

    folder: str
    notes: int
    passages: int
    questions: int
    indexed_at: datetime | None
    generation: int
    encoder: str
    reader: str
    stale: int
    size_bytes: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NoteSource:
    """A note as it stands on disk."""

    path: str
    title: str
    source: str
    tags: tuple[str, ...]
    body_start: int


class KnowledgeBase:
    """A folder of notes that can be indexed, searched and asked; thread-safe.

    Models and indexes are opened when they are first needed.
    """

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        judge: Judge | None = None,
    ) -> None:
        """Take a base over the settings' folder, with models other than the settings' if given."""
        self.settings = settings
        self.root = settings.notes
        self._given = (encoder, reader, judge)
        self._catalog = Catalog(self.root)
        self._index: PassageIndex | None = None
        self._opening = threading.RLock()

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the base of the settings' folder.

        :raises VaultError: if the folder does not exist or cannot be read.
        """
        vault.checked_root(settings.notes)
        return cls(settings)

    @cached_property
    def history(self) -> History:
        """Chats, feedback and unanswered questions of this base."""
        from kb.storage.history import History

        return History(self.settings.data_folder)

    def close(self) -> None:
        """Close the files that are open."""
        self._catalog.close()
        if "history" in self.__dict__:
            self.history.close()

    # Indexing

    def index(
        self, *, rebuild: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> IndexReport:
        """Bring the index level with the notes; the notes themselves are only read.

        :param rebuild: derive everything anew and embed every passage again.
        :raises LockedError: if another process is indexing.
        """
        report = index_folder(
            self.root,
            self._encoder,
            rebuild=rebuild,
            passage_tokens=self.settings.passage_tokens,
            max_bytes=self.settings.max_note_bytes,
            progress=progress,
        )
        self._passages.follow()
        return report

    def status(self) -> Status:
        """Count what is indexed and what changed since."""
        scanned = vault.scan(self.root, max_bytes=self.settings.max_note_bytes)
        encoder, reader = self.settings.encoder, self.settings.reader
        names = {
            "folder": str(self.root),
            "encoder": encoder or "bundled multilingual-e5-small",
            "reader": reader or "bundled",
        }
        try:
            with self._catalog.view() as view:
                totals = view.totals()
                return Status(
                    **names,
                    notes=totals.notes,
                    passages=totals.passages,
                    questions=totals.questions,
                    indexed_at=view.indexed_at(),
                    generation=view.generation(),
                    stale=count_stale(scanned, view.states()),
                    size_bytes=self._catalog.size_bytes(),
                    skipped=tuple(view.skipped()),
                    warnings=tuple(view.warnings()),
                )
        except CatalogMissing:
            return Status(
                **names,
                notes=0,
                passages=0,
                questions=0,
                indexed_at=None,
                generation=0,
                stale=len(scanned.files),
                size_bytes=0,
                skipped=tuple(scanned.skipped),
                warnings=(),
            )

    # Asking

    def search(self, query: str, k: int = 10, scope: Scope | None = None) -> list[Scored]:
        """Return the ``k`` passages nearest to a question or a few words, best first.

        :raises QuestionError: if the query is empty or too long.
        """
        found = self._find(self._checked(query), k, scope)
        return [_scored(hit, passage) for hit, passage in found]

    def ask(
        self, question: str, *, scope: Scope | None = None, on_stage: Stage | None = None
    ) -> Answer:
        """Answer a question with words of the notes, or say that they hold no answer.

        A question that the notes ask themselves, in these or other words, gets their own answer.

        :param on_stage: told "searching", "reading" and "answering" as each begins.
        :raises QuestionError: if the question is empty or too long.
        """
        asked = self._checked(question)
        tell = on_stage or _ignore
        clock = _Clock()
        tell("searching")
        found = self._find(asked, self.settings.retrieve, scope)
        entry = self._faq.find(asked, scope)
        clock.lap("retrieval")
        if entry is not None and entry.confidence >= self.threshold:
            tell("answering")
            return _faq_answer(asked, entry, found, clock.timings())
        tell("reading")
        read = found[: self.settings.read]
        contexts = [Context(passage.context, passage.text) for _hit, passage in read]
        readings = self._reader.read(asked, contexts) if contexts else []
        clock.lap("reading")
        tell("answering")
        cosines = [hit.dense for hit, _passage in read]
        candidates = self._judge.choose(asked, contexts, cosines, readings)
        passages = [passage for _hit, passage in read]
        nearest = tuple(_scored(hit, passage) for hit, passage in found[:NEAREST])
        clock.lap("answering")
        return _answer(asked, candidates, passages, nearest, self.threshold, clock.timings())

    def warm_up(self) -> None:
        """Open models and indexes now rather than at the first question."""
        self._reader.read("?", [Context("", "warm")])
        if self._catalog.path.is_file():
            self._passages.follow()

    # Notes

    def notes(
        self, *, folder: str | None = None, tag: str | None = None, text: str = ""
    ) -> list[NoteInfo]:
        """List the indexed notes by path."""
        with self._catalog.view() as view:
            return view.notes(folder=folder, tag=tag, text=text)

    def tags(self) -> list[tuple[str, int]]:
        """Count the notes of each tag, most first."""
        with self._catalog.view() as view:
            return view.tags()

    def folders(self) -> list[tuple[str, int]]:
        """Count the notes in or below each folder."""
        with self._catalog.view() as view:
            return view.folders()

    def read_note(self, path: str) -> NoteSource:
        """Read a note as it stands on disk.

        :raises NoteError: if the path is no note's, leaves the folder or cannot be read.
        """
        if not vault.is_note_path(path):
            raise NoteError(f"{path[:200]!r} is not the path of a note")
        source = vault.read_text(self.root, path, max_bytes=self.settings.max_note_bytes)
        note = parse_note(path, source)
        return NoteSource(path, note.title, source, note.tags, note.body_start)

    def has_note(self, name: str) -> bool:
        """Say whether a note of that name is in the folder.

        :raises VaultError: if the name is not allowed.
        """
        return safe_path(self.root, name).exists()

    def add_note(self, name: str, text: str, *, overwrite: bool = False) -> str:
        """Write a note; it is found after the next `index`.

        :param name: path in the folder; ``.md`` is added where it is missing.
        :return: the path it was written to.
        :raises VaultError: if the name is not allowed, or taken and ``overwrite`` is False.
        """
        target = safe_path(self.root, name)
        write_atomic(target, text, overwrite=overwrite)
        return target.relative_to(self.root.resolve()).as_posix()

    # Parts, opened when first needed

    @cached_property
    def _encoder(self) -> Encoder:
        with self._opening:
            return self._given[0] or load_encoder(self.settings.encoder)

    @cached_property
    def _reader(self) -> Reader:
        with self._opening:
            return self._given[1] or load_reader(self.settings.reader)

    @cached_property
    def _judge(self) -> Judge:
        if self._given[2] is not None:
            return self._given[2]
        return Judge.uncalibrated() if self.settings.reader else Judge.load()

    @property
    def _passages(self) -> PassageIndex:
        from kb.indexing.passage_index import PassageIndex

        with self._opening:
            if self._index is None:
                self._index = PassageIndex(self._catalog, self._encoder)
            return self._index

    @cached_property
    def _faq(self) -> FaqIndex:
        from kb.faq import SAME_WORDS, FaqIndex

        bundled = self._given[0] is None and self.settings.encoder is None
        return FaqIndex(self._catalog, self._encoder, None if bundled else SAME_WORDS)

    @property
    def threshold(self) -> float:
        """The least confidence at which an answer is shown."""
        given = self.settings.threshold
        return self._judge.retrieved.threshold if given is None else given

    def _checked(self, question: str) -> str:
        asked = " ".join(question.split())
        limit = self.settings.max_question_chars
        if not asked:
            raise QuestionError("the question is empty")
        if len(asked) > limit:
            raise QuestionError(f"the question has {len(asked):,} characters, at most {limit:,}")
        return asked

    def _find(self, question: str, k: int, scope: Scope | None) -> list[tuple[Hit, StoredPassage]]:
        hits = self._passages.search(question, k, scope)
        with self._catalog.view() as view:
            stored = view.passages_by_id([hit.id for hit in hits])
        return [(hit, stored[hit.id]) for hit in hits if hit.id in stored]


class _Clock:
    """Milliseconds of each part of an answer."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000, 1)
        self._last = now

    def timings(self) -> dict[str, float]:
        return {**self._laps, "total": round((self._last - self._began) * 1000, 1)}


def _ignore(_stage: str) -> None:
    pass


def _citation(passage: StoredPassage, start: int, end: int) -> Citation:
    low, high = passage.source_map.to_source(start, end)
    return Citation(
        note=passage.note,
        title=passage.title,
        heading=passage.heading_line,
        start=low,
        end=high,
        passage=passage.text,
        passage_start=passage.start,
        passage_end=passage.end,
        answer_start=start,
        answer_end=end,
    )


def _scored(hit: Hit, passage: StoredPassage) -> Scored:
    citation = _citation(passage, 0, len(passage.text))
    return Scored(citation, hit.score, hit.dense, hit.lexical)


def _faq_answer(
    question: str,
    entry: FaqEntry,
    found: Sequence[tuple[Hit, StoredPassage]],
    timings: dict[str, float],
) -> Answer:
    return Answer(
        question=question,
        text=entry.text,
        kind="faq",
        confidence=round(entry.confidence, 4),
        citations=(entry.citation,),
        nearest=tuple(_scored(hit, passage) for hit, passage in found[:NEAREST]),
        timings_ms=timings,
    )


def _answer(
    question: str,
    candidates: Sequence[Candidate],
    passages: Sequence[StoredPassage],
    nearest: tuple[Scored, ...],
    threshold: float,
    timings: dict[str, float],
) -> Answer:
    cited = [
        [_citation(passages[place.passage], place.start, place.end) for place in each.places]
        for each in candidates
    ]
    best = candidates[0] if candidates else None
    shown = best is not None and best.confidence >= threshold
    alternatives = [
        Alternative(each.text, round(each.confidence, 4), citations[0])
        for each, citations in zip(candidates, cited, strict=True)
    ]
    return Answer(
        question=question,
        text=best.text if best is not None and shown else None,
        kind="extractive" if shown else "none",
        confidence=round(best.confidence, 4) if best is not None else 0.0,
        citations=tuple(cited[0]) if shown else (),
        alternatives=tuple(alternatives[1:] if shown else alternatives),
        nearest=nearest,
        timings_ms=timings,
    )
