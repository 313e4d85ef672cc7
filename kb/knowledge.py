"""`KnowledgeBase`: the one object that the command line, the pages and programs talk to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

from kb.answer import Answer, Scored
from kb.asking import Asker, Stage
from kb.catalog.catalog import Catalog
from kb.models import Models
from kb.notes import vault
from kb.opening import opened_once
from qa.reader import Context

if TYPE_CHECKING:
    from kb.catalog.rows import NoteInfo
    from kb.config import Settings
    from kb.curation.book import FaqBook
    from kb.curation.curator import Curator
    from kb.digest.digest import NoteDigest
    from kb.explaining import Explanation
    from kb.faq import FaqIndex
    from kb.golden.gate import GateReport
    from kb.indexing.job import IndexReport, Progress
    from kb.indexing.workers import Workers
    from kb.insight.insight import Insight
    from kb.notes.editing import NoteEditor
    from kb.notes.source import NoteSource
    from kb.reading import NoteReader
    from kb.status import Status
    from kb.storage.history import History
    from kb.store.passage_store import PassageStore
    from qa.followup.rewriting import Turn
    from retrieval.language import Language
    from retrieval.scope import Scope


class KnowledgeBase:
    """A folder of notes that can be indexed, searched and asked; thread-safe.

    Models and indexes are opened when they are first needed.
    """

    def __init__(self, models: Models, catalog: Catalog | None = None) -> None:
        """Take a base over the folder of the models' settings.

        :param catalog: what is indexed of the folder, if not what stands in it.
        """
        self.settings = models.settings
        self.root = self.settings.notes
        self._models = models
        self._catalog = Catalog(self.root) if catalog is None else catalog

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the base of the settings' folder.

        :raises VaultError: if the folder does not exist or cannot be read.
        """
        vault.checked_root(settings.notes)
        return cls(Models(settings))

    @opened_once
    def history(self) -> History:
        """Chats, feedback and unanswered questions of this base."""
        from kb.storage.history import History

        return History(self.settings.data_folder)

    @opened_once
    def editing(self) -> NoteEditor:
        """How notes are written."""
        from kb.notes.editing import NoteEditor

        return NoteEditor(self.root, self.settings.limits)

    @opened_once
    def reading(self) -> NoteReader:
        """Notes as they are read: rendered, with a place lit and what stands around it."""
        from kb.reading import NoteReader

        return NoteReader(self._catalog)

    @opened_once
    def digest(self) -> NoteDigest:
        """What single notes are about, and what stands around them."""
        from kb.digest.digest import NoteDigest

        limit = self.settings.max_note_bytes
        return NoteDigest(self.root, self._catalog, lambda: self._passages, max_bytes=limit)

    @opened_once
    def curation(self) -> Curator:
        """The questions that wait for an answer, and how one is written."""
        from kb.curation.curator import Curator

        return Curator(
            self.root,
            self.history,
            lambda questions: self._models.encoder.encode_queries(questions),
            max_bytes=self.settings.max_note_bytes,
            thresholds=self._models.faq_thresholds,
        )

    @opened_once
    def faq(self) -> FaqBook:
        """The questions and answers of the notes, and how they are promoted and edited."""
        from kb.curation.book import FaqBook

        max_bytes = self.settings.max_note_bytes
        return FaqBook(self.root, self._faq, self.curation, max_bytes=max_bytes)

    @opened_once
    def insight(self) -> Insight:
        """Pictures of what the base holds and of what is asked of it."""
        from kb.insight.insight import Insight

        max_bytes = self.settings.max_note_bytes
        return Insight(self.root, self._catalog, self.history, self.curation, max_bytes=max_bytes)

    def close(self) -> None:
        """Close the files that are open and stop what goes on in the background."""
        opened = self.__dict__
        if "_passages" in opened:
            self._passages.close()
        self._catalog.close()
        if "history" in opened:
            self.history.close()

    # Indexing

    def index(
        self,
        *,
        rebuild: bool = False,
        forget_missing: bool = False,
        timeout: float = 0.0,
        progress: Callable[[Progress], None] | None = None,
        workers: Workers | None = None,
    ) -> IndexReport:
        """Bring the index level with the notes; the notes themselves are only read.

        :param rebuild: derive everything anew and embed every passage again.
        :param forget_missing: drop notes that vanished from the folder, however many at once.
        :param timeout: seconds to wait for another process that is indexing.
        :param workers: who reads, splits and embeds ahead, see `kb.distributed`.
        :raises LockedError: if another process is indexing.
        """
        from kb.indexing.sync import index_folder

        if self.settings.store is not None:
            _ = self._passages  # one that cannot be reached is told before hours of embedding
        report = index_folder(
            self.root,
            self._models.encoder,
            rebuild=rebuild,
            forget_missing=forget_missing,
            timeout=timeout,
            passage_tokens=self.settings.passage_tokens,
            max_bytes=self.settings.max_note_bytes,
            progress=progress,
            workers=workers,
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

        gate = Gate(self.settings, self._models.encoder, self._over, progress or (lambda _: None))
        return gate.index(rebuild=rebuild)

    def _over(self, catalog: Catalog) -> KnowledgeBase:
        """Return a base with the same models over another catalogue of the same notes."""
        return KnowledgeBase(self._models, catalog)

    def status(self) -> Status:
        """Count what is indexed and what changed since."""
        from kb.status import read_status

        return read_status(self.settings, self._catalog)

    # Asking

    def search(
        self, query: str, k: int = 10, scope: Scope | None = None, *, rerank: bool = True
    ) -> list[Scored]:
        """Return the ``k`` passages nearest to a question or a few words, best first.

        :param rerank: let the reader put first which of the first few passages answer.
        :raises QuestionError: if the query is empty or too long.
        """
        return self._asker.search(query, k, scope, rerank=rerank)

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
        return self._asker.ask(question, scope=scope, on_stage=on_stage, earlier=earlier)

    def explain(self, question: str, scope: Scope | None = None) -> Explanation:
        """Say what made the answer to a question, and why other passages did not.

        :raises QuestionError: if the question is empty or too long.
        """
        return self._asker.explain(question, scope)

    def examples(self, language: Language, count: int = 4) -> list[str]:
        """Return a few questions that the notes themselves ask, to begin with."""
        from kb.examples import pick_examples

        with self._catalog.view() as view:
            return pick_examples(view.questions_asked(), language, count)

    def warm_up(self) -> None:
        """Open models and indexes now rather than at the first question."""
        self._models.reader.read("?", [Context("", "warm")])
        if self._catalog.path.is_file():
            len(self._passages)  # opens them

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
        from kb.notes.source import read_source

        return read_source(self.root, path, self.settings.max_note_bytes)

    def add_note(self, name: str, text: str, *, overwrite: bool = False) -> str:
        """Write a note; it is found after the next `index`.

        :param name: path in the folder; ``.md`` is added where it is missing.
        :return: the path it was written to.
        :raises VaultError: if the name is not allowed, or taken and ``overwrite`` is False.
        """
        return self.editing.add(name, text, overwrite=overwrite)

    # Parts, opened when first needed

    @opened_once
    def _passages(self) -> PassageStore:
        from kb.store.passage_store import open_store

        return open_store(self.settings, self._catalog, self._models)

    @opened_once
    def _faq(self) -> FaqIndex:
        from kb.faq import FaqIndex

        return FaqIndex(self._catalog, self._models.encoder, self._models.faq_thresholds)

    @opened_once
    def _asker(self) -> Asker:
        return Asker(
            self.settings, self._models, self._catalog, lambda: self._passages, lambda: self._faq
        )

    @property
    def threshold(self) -> float:
        """The least confidence at which an answer is shown."""
        return self._models.threshold

    @property
    def fingerprints(self) -> tuple[str, str]:
        """What names the encoder and the reader exactly, in this order."""
        return self._models.encoder.fingerprint, self._models.reader.fingerprint
