"""From a question to ranked passages and an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kb.answer import Answer, Scored
from kb.composing import NEAREST, Clock, Found, answer, faq_answer, scored
from kb.conversation import ask_in_context
from kb.errors import QuestionError
from kb.storage.text import storable
from qa.reader import Context
from qa.reranking import rerank as rerank_read

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.config import Settings
    from kb.explaining import Explanation
    from kb.faq import FaqIndex
    from kb.models import Models
    from kb.store.passage_store import PassageStore
    from qa.answerer import Candidate
    from qa.followup.rewriting import Turn
    from qa.reader import Span
    from retrieval.scope import Scope

Stage = Callable[[str], None]


class Asker:
    """Searches, reads and answers over the catalogue and indexes of a base; see its facade."""

    def __init__(
        self,
        settings: Settings,
        models: Models,
        catalog: Catalog,
        passages: Callable[[], PassageStore],
        faq: Callable[[], FaqIndex],
    ) -> None:
        """Take what questions are asked of; ``passages`` and ``faq`` open when first called."""
        self._settings = settings
        self._models = models
        self._catalog = catalog
        self._passages = passages
        self._faq = faq

    def search(
        self, query: str, k: int = 10, scope: Scope | None = None, *, rerank: bool = True
    ) -> list[Scored]:
        """Return the nearest passages; see `KnowledgeBase.search`."""
        asked = self._checked(query)
        if not (rerank and self._models.reranks):
            return [scored(hit, passage) for hit, passage in self._find(asked, k, scope)]
        found = self._find(asked, max(k, self._settings.read), scope)
        return self._ranked(found, self._read(asked, found))[:k]

    def _read(self, question: str, found: Sequence[Found]) -> list[Sequence[Span]]:
        contexts = [
            Context(passage.context, passage.text) for _, passage in found[: self._settings.read]
        ]
        return list(self._models.reader.read(question, contexts)) if contexts else []

    def _ranked(self, found: Sequence[Found], readings: Sequence[Sequence[Span]]) -> list[Scored]:
        """Return what was found in its last order: as read, where readings compare."""
        if not self._models.reranks:
            return [scored(hit, passage) for hit, passage in found]
        order = rerank_read(
            [hit.score for hit, _ in found], readings, self._models.judge.reading_weight
        )
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
        """Answer a question; see `KnowledgeBase.ask`."""
        asked = self._checked(question)
        tell = on_stage or _ignore
        limit = self._settings.max_question_chars
        return ask_in_context(lambda each: self._ask(each, scope, tell), asked, earlier, limit)

    def _ask(self, asked: str, scope: Scope | None, tell: Stage) -> Answer:
        clock = Clock()
        tell("searching")
        found = self._find(asked, self._settings.retrieve, scope)
        entry = self._faq().find(asked, scope)
        clock.lap("retrieval")
        if entry is not None and entry.confidence >= self._models.threshold:
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
        return answer(asked, candidates, passages, nearest, self._models.threshold, clock.timings())

    def _judged(
        self, asked: str, found: Sequence[Found], readings: Sequence[Sequence[Span]]
    ) -> list[Candidate]:
        read = found[: len(readings)]
        contexts = [Context(passage.context, passage.text) for _, passage in read]
        # Another encoder's scores were not fitted: then the reader alone judges.
        relevance = [hit.score if self._models.bundled_encoder else None for hit, _ in read]
        return self._models.judge.choose(asked, contexts, relevance, readings)

    def explain(self, question: str, scope: Scope | None = None) -> Explanation:
        """Say why the answer is what it is; see `KnowledgeBase.explain`."""
        from kb.explaining import explain

        asked = self._checked(question)
        found = self._find(asked, self._settings.retrieve, scope)
        readings = self._read(asked, found)
        entry = self._faq().find(asked, scope)
        sure = entry is not None and entry.confidence >= self._models.threshold
        candidates = self._judged(asked, found, readings)
        return explain(
            asked, found, readings, candidates, entry if sure else None, self._models.threshold
        )

    def _checked(self, question: str) -> str:
        asked = storable(" ".join(question.split()))
        limit = self._settings.max_question_chars
        if not asked:
            raise QuestionError("the question is empty")
        if len(asked) > limit:
            raise QuestionError(f"the question has {len(asked):,} characters, at most {limit:,}")
        return asked

    def _find(self, question: str, k: int, scope: Scope | None) -> list[Found]:
        hits = self._passages().search(question, k, scope)
        with self._catalog.view() as view:
            stored = view.passages_by_id([hit.id for hit in hits])
        return [(hit, stored[hit.id]) for hit in hits if hit.id in stored]


def _ignore(_stage: str) -> None:
    pass
