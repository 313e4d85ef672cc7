"""`KnowledgeBase`: the one object that the command line, the pages and programs talk to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from kb.answer import Answer, Scored
from kb.catalog.catalog import Catalog
from kb.catalog.rows import NoteInfo
from kb.composing import NEAREST, Clock, Found, answer, faq_answer, scored
from kb.conversation import ask_in_context
from kb.errors import CatalogMissing, NoteError, QuestionError
from kb.indexing.sync import IndexReport, Progress, count_stale, index_folder
from kb.notes import vault
from kb.notes.editing import NoteEditor, version_of
from kb.notes.note import parse_note
from kb.notes.vault import Skipped
from kb.notes.writing import safe_path
from kb.storage.text import storable
from qa.answerer import Judge
from qa.loading import load_reader
from qa.reader import Context
from qa.reranking import rerank as rerank_read
from retrieval.encoder import load_encoder

if TYPE_CHECKING:
    from kb.config import Settings
    from kb.curation.book import FaqBook
    from kb.curation.curator import Curator
    from kb.digest.digest import NoteDigest
    from kb.explaining import Explanation
    from kb.faq import FaqIndex
    from kb.golden.gate import GateReport
    from kb.indexing.passage_index import PassageIndex
    from kb.insight.insight import Insight
    from kb.reading import NoteReader
    from kb.storage.history import History
    from qa.answerer import Candidate
    from qa.faq import FaqThresholds
    from qa.followup.rewriting import Turn
    from qa.metrics import Language
    from qa.reader import Reader, Span
    from retrieval.encoder import Encoder
    from retrieval.scope import Scope

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

    @property
    def version(self) -> str:
        """What names this version of the note, see `NoteEditor.write`."""
        return version_of(self.source)


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

    @cached_property
    def editing(self) -> NoteEditor:
        """How notes are written."""
        return NoteEditor(self.root, self.settings.limits)

    @cached_property
    def reading(self) -> NoteReader:
        """Notes as they are read: rendered, with a place lit and what stands around it."""
        from kb.reading import NoteReader

        return NoteReader(self._catalog)

    @cached_property
    def digest(self) -> NoteDigest:
        """What single notes are about, and what stands around them."""
        from kb.digest.digest import NoteDigest

        limit = self.settings.max_note_bytes
        return NoteDigest(self.root, self._catalog, lambda: self._passages, max_bytes=limit)

    @cached_property
    def curation(self) -> Curator:
        """The questions that wait for an answer, and how one is written."""
        from kb.curation.curator import Curator

        return Curator(
            self.root,
            self.history,
            lambda questions: self._encoder.encode_queries(questions),
            max_bytes=self.settings.max_note_bytes,
            thresholds=self._faq_thresholds,
        )

    @cached_property
    def faq(self) -> FaqBook:
        """The questions and answers of the notes, and how they are promoted and edited."""
        from kb.curation.book import FaqBook

        max_bytes = self.settings.max_note_bytes
        return FaqBook(self.root, self._faq, self.curation, max_bytes=max_bytes)

    @cached_property
    def insight(self) -> Insight:
        """Pictures of what the base holds and of what is asked of it."""
        from kb.insight.insight import Insight

        max_bytes = self.settings.max_note_bytes
        return Insight(self.root, self._catalog, self.history, self.curation, max_bytes=max_bytes)

    def close(self) -> None:
        """Close the files that are open and stop what goes on in the background."""
        if self._index is not None:
            self._index.close()
        self._catalog.close()
        if "history" in self.__dict__:
            self.history.close()

    # Indexing

    def index(
        self,
        *,
        rebuild: bool = False,
        forget_missing: bool = False,
        timeout: float = 0.0,
        progress: Callable[[Progress], None] | None = None,
    ) -> IndexReport:
        """Bring the index level with the notes; the notes themselves are only read.

        :param rebuild: derive everything anew and embed every passage again.
        :param forget_missing: drop notes that vanished from the folder, however many at once.
        :param timeout: seconds to wait for another process that is indexing.
        :raises LockedError: if another process is indexing.
        """
        report = index_folder(
            self.root,
            self._encoder,
            rebuild=rebuild,
            forget_missing=forget_missing,
            timeout=timeout,
            passage_tokens=self.settings.passage_tokens,
            max_bytes=self.settings.max_note_bytes,
            progress=progress,
        )
        self._passages.follow()
        return report

    def settle(self) -> None:
        """Wait until the search indexes have their best form; asking never needs it."""
        self._passages.settle()

    def index_gated(
        self, *, rebuild: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> GateReport:
        """Index beside, and keep the old if fewer golden questions are right; see `kb.golden`.

        :raises KbError: if there are no golden questions, or as `index`.
        """
        from kb.golden.gate import Gate

        gate = Gate(self.settings, self._encoder, self._over, progress or (lambda _: None))
        return gate.index(rebuild=rebuild)

    def _over(self, catalog: Catalog) -> KnowledgeBase:
        """Return a base with the same models over another catalogue of the same notes."""
        other = KnowledgeBase(self.settings, *self._given)
        other._catalog = catalog
        other.__dict__ |= {"_encoder": self._encoder, "_reader": self._reader}
        return other

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

    def search(
        self, query: str, k: int = 10, scope: Scope | None = None, *, rerank: bool = True
    ) -> list[Scored]:
        """Return the ``k`` passages nearest to a question or a few words, best first.

        :param rerank: let the reader put first which of the first few passages answer.
        :raises QuestionError: if the query is empty or too long.
        """
        asked = self._checked(query)
        if not (rerank and self._reranks):
            return [scored(hit, passage) for hit, passage in self._find(asked, k, scope)]
        found = self._find(asked, max(k, self.settings.read), scope)
        return self._ranked(found, self._read(asked, found))[:k]

    def _read(self, question: str, found: Sequence[Found]) -> list[Sequence[Span]]:
        contexts = [
            Context(passage.context, passage.text) for _, passage in found[: self.settings.read]
        ]
        return list(self._reader.read(question, contexts)) if contexts else []

    def _ranked(self, found: Sequence[Found], readings: Sequence[Sequence[Span]]) -> list[Scored]:
        """Return what was found in its last order: as read, where readings compare."""
        if not self._reranks:
            return [scored(hit, passage) for hit, passage in found]
        order = rerank_read([hit.score for hit, _ in found], readings, self._judge.reading_weight)
        return [
            replace(
                scored(*found[at]),
                score=score,
                reader=readings[at][0].score if at < len(readings) and readings[at] else None,
            )
            for at, score in order
        ]

    def ask(
        self,
        question: str,
        *,
        scope: Scope | None = None,
        on_stage: Stage | None = None,
        earlier: Sequence[Turn | str] = (),
    ) -> Answer:
        """Answer a question with words of the notes, or say that they hold no answer.

        A question that the notes ask themselves, in these or other words, gets their own answer.

        :param on_stage: told "searching", "reading" and "answering" as each begins.
        :param earlier: the chat's questions before this one, oldest first; a question that leans
            on them is asked in full words too, see `Answer.asked_as`.
        :raises QuestionError: if the question is empty or too long.
        """
        asked = self._checked(question)
        tell = on_stage or _ignore
        limit = self.settings.max_question_chars
        return ask_in_context(lambda each: self._ask(each, scope, tell), asked, earlier, limit)

    def _ask(self, asked: str, scope: Scope | None, tell: Stage) -> Answer:
        clock = Clock()
        tell("searching")
        found = self._find(asked, self.settings.retrieve, scope)
        entry = self._faq.find(asked, scope)
        clock.lap("retrieval")
        if entry is not None and entry.confidence >= self.threshold:
            tell("answering")
            return faq_answer(asked, entry, found, clock.timings())
        tell("reading")
        readings = self._read(asked, found)
        clock.lap("reading")
        tell("answering")
        passages = [passage for _hit, passage in found[: len(readings)]]
        candidates = self._judged(asked, found, readings)
        nearest = tuple(self._ranked(found, readings)[:NEAREST])
        clock.lap("answering")
        return answer(asked, candidates, passages, nearest, self.threshold, clock.timings())

    def _judged(
        self, asked: str, found: Sequence[Found], readings: Sequence[Sequence[Span]]
    ) -> list[Candidate]:
        read = found[: len(readings)]
        contexts = [Context(passage.context, passage.text) for _, passage in read]
        # Another encoder's scores were not fitted: then the reader alone judges.
        relevance = [hit.score if self._bundled_encoder else None for hit, _ in read]
        return self._judge.choose(asked, contexts, relevance, readings)

    def explain(self, question: str, scope: Scope | None = None) -> Explanation:
        """Say what made the answer to a question, and why other passages did not.

        :raises QuestionError: if the question is empty or too long.
        """
        from kb.explaining import explain

        asked = self._checked(question)
        found = self._find(asked, self.settings.retrieve, scope)
        readings = self._read(asked, found)
        entry = self._faq.find(asked, scope)
        sure = entry is not None and entry.confidence >= self.threshold
        candidates = self._judged(asked, found, readings)
        return explain(asked, found, readings, candidates, entry if sure else None, self.threshold)

    def examples(self, language: Language, count: int = 4) -> list[str]:
        """Return a few questions that the notes themselves ask, to begin with."""
        from kb.examples import pick_examples

        with self._catalog.view() as view:
            return pick_examples(view.questions_asked(), language, count)

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
        return self.editing.add(name, text, overwrite=overwrite)

    # Parts, opened when first needed

    @cached_property
    def _encoder(self) -> Encoder:
        with self._opening:
            return self._given[0] or load_encoder(self.settings.encoder, self.settings.threads)

    @cached_property
    def _reader(self) -> Reader:
        with self._opening:
            return self._given[1] or load_reader(self.settings.reader, self.settings.threads)

    @cached_property
    def _judge(self) -> Judge:
        if self._given[2] is not None:
            return self._given[2]
        return Judge.uncalibrated() if self.settings.reader else Judge.load()

    @property
    def _passages(self) -> PassageIndex:
        from kb.indexing.passage_index import PassageIndex
        from retrieval.retriever import LEXICAL_WEIGHT

        with self._opening:
            if self._index is None:
                weight = LEXICAL_WEIGHT if self._bundled_encoder else None
                engine = self.settings.engine
                self._index = PassageIndex(self._catalog, self._encoder, weight, engine)
            return self._index

    @cached_property
    def _faq(self) -> FaqIndex:
        from kb.faq import FaqIndex

        return FaqIndex(self._catalog, self._encoder, self._faq_thresholds)

    @property
    def _faq_thresholds(self) -> FaqThresholds | None:
        from kb.faq import SAME_WORDS

        return None if self._bundled_encoder else SAME_WORDS

    @property
    def threshold(self) -> float:
        """The least confidence at which an answer is shown."""
        given = self.settings.threshold
        return self._judge.retrieved.threshold if given is None else given

    @property
    def fingerprints(self) -> tuple[str, str]:
        """What names the encoder and the reader exactly, in this order."""
        return self._encoder.fingerprint, self._reader.fingerprint

    def _checked(self, question: str) -> str:
        asked = storable(" ".join(question.split()))
        limit = self.settings.max_question_chars
        if not asked:
            raise QuestionError("the question is empty")
        if len(asked) > limit:
            raise QuestionError(f"the question has {len(asked):,} characters, at most {limit:,}")
        return asked

    @property
    def _bundled_encoder(self) -> bool:
        return self._given[0] is None and self.settings.encoder is None

    @property
    def _reranks(self) -> bool:
        """Whether scores of encoder and reader were fitted to each other."""
        return self._bundled_encoder and self._judge.reading_weight > 0

    def _find(self, question: str, k: int, scope: Scope | None) -> list[Found]:
        hits = self._passages.search(question, k, scope)
        with self._catalog.view() as view:
            stored = view.passages_by_id([hit.id for hit in hits])
        return [(hit, stored[hit.id]) for hit in hits if hit.id in stored]


def _ignore(_stage: str) -> None:
    pass
