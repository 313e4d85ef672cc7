"""A base without models, for tests of the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kb.answer import Alternative, Answer, Citation, Scored
from kb.catalog.rows import NoteInfo
from kb.curation.curator import Curator
from kb.digest.digest import Digest
from kb.errors import CatalogMissing, NoteError, QuestionError, VaultError
from kb.explaining import Explanation, Weighed
from kb.faq import SAME_WORDS
from kb.indexing.sync import IndexReport, Progress
from kb.notes.adding import Added, add_files
from kb.notes.incoming import Incoming, Limits
from kb.notes.source import NoteSource
from kb.notes.trash import Trashed
from kb.notes.vault import Skipped
from kb.reading import NoteReader
from kb.status import Status
from kb.storage.history import History
from qa.followup.rewriting import Turn
from retrieval.scope import Scope
from tests.kb.fake_encoder import FakeEncoder

NASTY = "<img src=x onerror=alert(1)> [a](javascript:alert(2)) **b** $$x$$ :red[r]"
SOURCE = (
    f"---\ntitle: x\n---\n# {NASTY}\n\nThe answer is 中文 forty-two 😀 here. Not forty-two there.\n"
)
PASSAGE = "The answer is 中文 forty-two 😀 here. Not forty-two there."
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def citation(text: str = "forty-two") -> Citation:
    at = PASSAGE.index(text)
    begin = SOURCE.index(PASSAGE)
    return Citation(
        note="a/b.md",
        title=NASTY,
        heading="Part › " + NASTY,
        start=begin + at,
        end=begin + at + len(text),
        passage=PASSAGE,
        passage_start=begin,
        passage_end=begin + len(PASSAGE),
        answer_start=at,
        answer_end=at + len(text),
    )


def answered(question: str) -> Answer:
    return Answer(
        question=question,
        text="forty-two",
        kind="extractive",
        confidence=0.8,
        citations=(citation(),),
        alternatives=(Alternative("there", 0.2, citation("there")),),
        timings_ms={"total": 123.0},
    )


def unanswered(question: str) -> Answer:
    return Answer(question, None, "none", 0.1, nearest=(Scored(citation(PASSAGE), 0.5, 0.9),))


class FakeEditing:
    """Adds files as the real one does, to what a base has written."""

    def __init__(self, base: FakeBase) -> None:
        self._base = base

    def add_files(
        self, files: Sequence[Incoming], *, folder: str = "", overwrite: bool = False
    ) -> Added:
        limits = Limits(10_000, 10_000)
        return add_files(self, files, limits, folder=folder, overwrite=overwrite)  # type: ignore[arg-type]

    def check_names(self, names: list[str], *, overwrite: bool = False) -> None:
        pass

    def add_all(self, notes: list[tuple[str, str]], *, overwrite: bool = False) -> list[str]:
        return [self._base.add_note(name, text, overwrite=overwrite) for name, text in notes]

    def deleted(self) -> list[Trashed]:
        return []


class FakeBase:
    """Answers what has "answer" in it; keeps what it was called with."""

    def __init__(self, folder: Path) -> None:
        self.settings: Any = SimpleNamespace(max_note_mb=10, max_upload_mb=50, language="auto")
        self.history = History(folder / ".kb")
        self.curation = Curator(
            folder,
            self.history,
            FakeEncoder().encode_queries,
            max_bytes=10_000,
            thresholds=SAME_WORDS,
        )
        self.reading = NoteReader(self)  # type: ignore[arg-type]
        self.indexed = True
        self.threshold = 0.5
        self.stale = 0
        self.failure: Exception | None = None
        self.scopes: list[Scope | None] = []
        self.earlier: list[tuple[Turn | str, ...]] = []
        self.stages: list[str] = []
        self.written: dict[str, str] = {"a/b.md": SOURCE}
        self.digested = Digest()
        self.rebuilt: list[bool] = []
        self.forgotten: list[bool] = []
        self.missing: tuple[str, ...] = ()

    def view(self) -> Any:
        """Stand in for the catalogue, which holds nothing."""
        raise CatalogMissing("there is no index yet: run `kb index`")

    @property
    def editing(self) -> FakeEditing:
        return FakeEditing(self)

    @property
    def digest(self) -> Any:
        return SimpleNamespace(of=lambda _path: self.digested, backlinks=lambda _path: [])

    def _ready(self) -> None:
        if self.failure is not None:
            raise self.failure
        if not self.indexed:
            raise CatalogMissing("there is no index yet: run `kb index`")

    def ask(
        self,
        question: str,
        *,
        scope: Scope | None = None,
        on_stage: Callable[[str], None] | None = None,
        earlier: Sequence[Turn | str] = (),
    ) -> Answer:
        self._ready()
        self.earlier.append(tuple(earlier))
        self.scopes.append(scope)
        if not question.strip():
            raise QuestionError("the question is empty")
        if len(question) > 2000:
            raise QuestionError("the question has 10,000 characters, at most 2,000")
        for stage in ("searching", "reading", "answering"):
            if on_stage is not None:
                on_stage(stage)
        found = answered(question) if "answer" in question else unanswered(question)
        return replace(found, asked_as=f"{question} {NASTY}") if "its" in question else found

    def explain(self, question: str, scope: Scope | None = None) -> Explanation:
        self._ready()
        self.scopes.append(scope)
        weighed = Weighed(1, citation(), 0.9, 0.8, 9.7, 3.0, 0.05, 0.8, "answers")
        unread = Weighed(7, citation(PASSAGE), 0.5, None, 2.0, None, None, None, "unread")
        return Explanation(question, self.threshold, 6, None, (weighed, unread))

    def examples(self, language: str, count: int = 4) -> list[str]:
        self._ready()
        assert language in ("en", "zh")
        return [f"What is the answer? {NASTY}"][:count]

    def search(self, query: str, k: int = 10, scope: Scope | None = None) -> list[Scored]:
        self._ready()
        self.scopes.append(scope)
        return [Scored(citation(PASSAGE), 0.5)][:k] if query else []

    def status(self) -> Status:
        if self.failure is not None:
            raise self.failure
        return Status(
            folder="/notes",
            notes=1 if self.indexed else 0,
            passages=3,
            questions=0,
            indexed_at=NOW if self.indexed else None,
            generation=1 if self.indexed else 0,
            encoder="bundled",
            reader="bundled",
            stale=self.stale,
            size_bytes=1024,
            skipped=(Skipped(NASTY, "is not UTF-8 text"),),
            warnings=(("a/b.md", NASTY),),
        )

    def index(
        self,
        *,
        rebuild: bool = False,
        forget_missing: bool = False,
        timeout: float = 0.0,  # noqa: ARG002
        progress: Callable[[Progress], None] | None = None,
    ) -> IndexReport:
        if self.failure is not None:
            raise self.failure
        self.rebuilt.append(rebuild)
        self.forgotten.append(forget_missing)
        if progress is not None:
            progress(Progress("embedding", 1, 2, "a/b.md"))
        self.indexed, self.stale = True, 0
        missing = () if forget_missing else self.missing
        return IndexReport(1, 0, 0, 0, 0, 3, 3, (), (), 0.1, missing)

    def notes(
        self, *, folder: str | None = None, tag: str | None = None, text: str = ""
    ) -> list[NoteInfo]:
        self._ready()
        found = NoteInfo("a/b.md", NASTY, ("tag", NASTY), "a", 3, 100, NOW)
        wanted = folder in (None, "a") and tag in (None, *found.tags) and text in found.title
        return [found] if wanted else []

    def tags(self) -> list[tuple[str, int]]:
        self._ready()
        return [("tag", 1), (NASTY, 1)]

    def folders(self) -> list[tuple[str, int]]:
        self._ready()
        return [("a", 1), ("c", 0)]

    def read_note(self, path: str) -> NoteSource:
        if path not in self.written:
            raise NoteError(f"{path!r} is not the path of a note")
        return NoteSource(path, NASTY, self.written[path], ("tag", NASTY), 17)

    def add_note(self, name: str, text: str, *, overwrite: bool = False) -> str:
        if not name.strip():
            raise VaultError("the note has no name: give it one")
        path = name if name.endswith(".md") else f"{name}.md"
        if path in self.written and not overwrite:
            raise VaultError(f"{path} is already there: choose another name")
        self.written[path] = text
        return path
