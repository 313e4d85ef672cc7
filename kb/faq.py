"""The notes' own questions and answers: found again when they are asked in other words."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.answer import Citation
from kb.catalog.rows import StoredPassage, StoredQuestion
from kb.citing import citation
from qa.faq import FaqThresholds, match_question, same_questions

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.catalog.view import CatalogView
    from retrieval.encoder import Encoder
    from retrieval.scope import Scope

# The thresholds hold for the encoder that they were measured with; of another only a question
# in the same words is taken.
SAME_WORDS = FaqThresholds(same=0.999, changed=1.0, overlap=1.0, across=1.0, understood=1.0)


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """An answer that the notes give to a question which means the one that was asked."""

    question: str
    text: str
    confidence: float
    citation: Citation


@dataclass(frozen=True, slots=True)
class _Held:
    """The questions of one state, their vectors and their notes' tags and folder."""

    state: tuple[int, str]
    questions: tuple[StoredQuestion, ...]
    vectors: NDArray[np.float16]
    places: dict[str, tuple[tuple[str, ...], str]]


class FaqIndex:
    """The questions of a catalogue as of its newest state; thread-safe.

    Their vectors were stored when the notes were indexed. They are read once a state and
    kept in memory; only the question that is asked is embedded, and only if there are any others.
    """

    def __init__(
        self, catalog: Catalog, encoder: Encoder, thresholds: FaqThresholds | None = None
    ) -> None:
        """Take the questions of a catalogue that this encoder made."""
        self._catalog = catalog
        self._encoder = encoder
        self._thresholds = thresholds
        self._reading = threading.Lock()
        self._held: _Held | None = None

    def find(self, asked: str, scope: Scope | None = None) -> FaqEntry | None:
        """Return the entry in a scope that surely means what is asked, None if there is none."""
        with self._catalog.view() as view:
            held = self._follow(view)
            rows = [
                row
                for row, each in enumerate(held.questions)
                if not scope or scope.admits(*held.places[each.note])
            ]
            if not rows:
                return None
            vector = self._encoder.encode_queries([asked])[0]  # (dimension,)
            texts = [held.questions[row].question for row in rows]
            match = match_question(asked, vector, texts, held.vectors[rows], self._thresholds)
            if match is None:
                return None
            return _entry(view, held.questions[rows[match.index]], match.confidence)

    def entries(self) -> list[FaqEntry]:
        """Return every question that the notes ask and answer, in the order of the notes."""
        with self._catalog.view() as view:
            found = [_entry(view, each, 1.0) for each in self._follow(view).questions]
        return sorted(
            (entry for entry in found if entry is not None),
            key=lambda entry: (entry.citation.note, entry.citation.start),
        )

    def alike(self) -> list[list[str]]:
        """Group the questions that mean the same, where there is more than one."""
        with self._catalog.view() as view:
            held = self._follow(view)
        texts = [each.question for each in held.questions]
        groups = same_questions(texts, held.vectors, self._thresholds)
        return [[texts[place] for place in group] for group in groups if len(group) > 1]

    def passages_of(self, note: str) -> list[StoredPassage]:
        """Return the passages of a note in their order."""
        with self._catalog.view() as view:
            return view.passages_of(note)

    @property
    def state(self) -> tuple[int, str]:
        """Which state of the catalogue the entries are of."""
        return self._catalog.state()

    def _follow(self, view: CatalogView) -> _Held:
        state = view.generation(), view.state()
        with self._reading:
            if self._held is None or self._held.state != state:
                questions, vectors = view.questions()
                asking = {each.note for each in questions}
                places = {
                    note.path: (note.tags, note.folder)
                    for note in (view.notes() if asking else ())
                    if note.path in asking
                }
                self._held = _Held(state, tuple(questions), vectors, places)
            return self._held


def _entry(view: CatalogView, stored: StoredQuestion, confidence: float) -> FaqEntry | None:
    if stored.answer is not None:
        whole = _front_matter_citation(stored, stored.answer)
        return FaqEntry(stored.question, stored.answer, confidence, whole)
    passage = next(
        (
            each
            for each in view.passages_of(stored.note)
            if each.start >= stored.end and _is_under(each, stored)
        ),
        None,
    )
    if passage is None:  # a heading with nothing of its own under it
        return None
    text = _first_block(passage.text)
    return FaqEntry(stored.question, text, confidence, citation(passage, 0, len(text)))


def _front_matter_citation(stored: StoredQuestion, answer: str) -> Citation:
    """Cite the front matter as a whole: the catalogue knows no narrower place."""
    return Citation(
        note=stored.note,
        title=stored.title,
        heading="",
        start=stored.start,
        end=stored.end,
        passage=answer,
        passage_start=stored.start,
        passage_end=stored.end,
        answer_start=0,
        answer_end=len(answer),
    )


def _is_under(passage: StoredPassage, stored: StoredQuestion) -> bool:
    """Say whether the question is the passage's heading, or the title that stands for it."""
    heading = passage.heading[-1] if passage.heading else passage.title
    return heading == stored.question


def _first_block(text: str) -> str:
    """Return the first paragraph; all of it if that only announces what follows."""
    first = text.partition("\n\n")[0]
    return text if first.endswith((":", "：")) else first
