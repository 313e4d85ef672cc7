"""``kb eval``: the product's own path over a file of questions."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import yaml

from kb.errors import KbError
from kb.knowledge import KnowledgeBase
from kb.measuring.own_questions import OwnQuestion
from qa import evaluate
from qa.answerer import Judge
from qa.loading import load_reader
from qa.reader import Context
from qa.squad import Example, read_squad

if TYPE_CHECKING:
    from qa.reader import Span
    from retrieval.language import Language

Show = Callable[[str, int, int], None]
_DEPTH = 20


def evaluate_file(
    file: Path, mode: str, limit: int | None, seed: int, language: str, show: Show
) -> dict[str, Any]:
    """Measure on a file in the SQuAD format.

    :param mode: "reader", "retriever" or "end-to-end".
    :param show: told stage, done and total.
    :raises DatasetError: if the file cannot be read.
    :raises KbError: if it holds no question that the mode can ask.
    """
    from kb.config import Settings

    examples = read_squad(file)
    asked = evaluate.sample(examples, limit, seed)
    if mode == "retriever":
        asked = [example for example in asked if example.is_answerable]
    if not asked:
        raise KbError(f"{file} holds no question for mode {mode}")
    tongue = cast('Language | Literal["auto"]', language)
    if mode == "reader":
        return _evaluate_reader(asked, tongue, show)
    with tempfile.TemporaryDirectory(prefix="kb-eval-") as folder:
        notes = write_notes(examples, Path(folder))
        base = KnowledgeBase.open(Settings.load(folder))
        try:
            began = time.perf_counter()
            base.index(progress=lambda step: show(step.stage, step.done, step.total))
            seconds = time.perf_counter() - began
            if mode == "retriever":
                report = _evaluate_retriever(base, asked, lambda each: notes[each.context], show)
            else:
                report = _evaluate_end_to_end(base, asked, tongue, show)
            return {**report, "paragraphs": len(notes), "index_seconds": round(seconds, 2)}
        finally:
            base.close()


def evaluate_own(
    base: KnowledgeBase, rows: Sequence[OwnQuestion], mode: str, language: str, show: Show
) -> dict[str, Any]:
    """Measure a list of own questions on the notes as they are indexed.

    Mode retriever takes the rows that name a note, mode end-to-end those that name an answer, or
    neither: these have none.

    :param mode: "retriever" or "end-to-end".
    :raises KbError: if the list holds no question that the mode can ask.
    """
    if mode == "reader":
        raise KbError("a list has no paragraphs for mode reader: take retriever or end-to-end")
    if mode == "retriever":
        rows = [row for row in rows if row.note]
    else:
        rows = [row for row in rows if row.answers or not row.note]
    if not rows:
        missing = "names a note" if mode == "retriever" else "names an answer, or neither"
        raise KbError(f"no question of the list {missing}: nothing to ask in mode {mode}")
    # A question is its own context: no paragraph is given, and the id must tell rows apart.
    examples = [
        Example(f"{at} {row.question}", row.question, "", "", tuple((a, 0) for a in row.answers))
        for at, row in enumerate(rows, start=1)
    ]
    if mode == "retriever":
        wanted = {each.id: row.note or "" for each, row in zip(examples, rows, strict=True)}
        return _evaluate_retriever(base, examples, lambda each: wanted[each.id], show)
    tongue = cast('Language | Literal["auto"]', language)
    return _evaluate_end_to_end(base, examples, tongue, show)


def write_notes(examples: list[Example], folder: Path) -> dict[str, str]:
    """Write each distinct paragraph as a note titled as its article; return context → path."""
    notes: dict[str, str] = {}
    for example in examples:
        if example.context in notes:
            continue
        path = f"{len(notes):06d}.md"
        notes[example.context] = path
        (folder / path).write_text(note_source(example.title, example.context), encoding="utf-8")
    return notes


def note_source(title: str, text: str) -> str:
    """Return a note of that title and text."""
    front = yaml.safe_dump({"title": title or "—"}, allow_unicode=True)
    return f"---\n{front}---\n{text}\n"


def _evaluate_reader(
    examples: list[Example], language: Language | Literal["auto"], show: Show
) -> dict[str, Any]:
    from kb.config import Settings

    settings = Settings.load()
    reader = load_reader(settings.reader, settings.threads)
    judge = Judge.uncalibrated() if settings.reader else Judge.load()

    def confidence(example: Example, spans: Sequence[Span]) -> float:
        context = Context("", example.context)
        return judge.choose(example.question, [context], [None], [spans])[0].confidence

    return evaluate.evaluate_reader(
        reader,
        examples,
        confidence,
        shown_from=judge.given.threshold,
        language=language,
        progress=lambda done, total: show("reading", done, total),
    )


def _evaluate_retriever(
    base: KnowledgeBase,
    examples: list[Example],
    note_of: Callable[[Example], str],
    show: Show,
) -> dict[str, Any]:
    rows: list[evaluate.RankRow] = []
    began = time.perf_counter()
    for done, example in enumerate(examples, start=1):
        ranked = list(
            dict.fromkeys(
                scored.citation.note for scored in base.search(example.question, 2 * _DEPTH)
            )
        )
        own = note_of(example)
        rows.append(evaluate.RankRow(example, ranked.index(own) + 1 if own in ranked else None))
        show("searching", done, len(examples))
    scores = evaluate.evaluate_retrieval(rows)
    return evaluate.timed("retriever", scores, time.perf_counter() - began)


def _evaluate_end_to_end(
    base: KnowledgeBase,
    examples: list[Example],
    language: Language | Literal["auto"],
    show: Show,
) -> dict[str, Any]:
    rows: list[evaluate.AnswerRow] = []
    began = time.perf_counter()
    for done, example in enumerate(examples, start=1):
        answer = base.ask(example.question)
        best = answer.text or (answer.alternatives[0].text if answer.alternatives else None)
        rows.append(evaluate.AnswerRow(example, best, answer.confidence))
        show("asking", done, len(examples))
    scores = evaluate.evaluate_answers(rows, shown_from=base.threshold, language=language)
    return evaluate.timed("end-to-end", scores, time.perf_counter() - began)
