"""What the questions that were asked say of the notes: never found, or at odds with each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from kb.answer import Answer, Citation, from_json
from kb.doctor.finding import Finding
from kb.doctor.reading import Folder
from kb.notes.questions import Question
from kb.storage.history import History
from qa.metrics import normalize_chinese, normalize_english

_ENOUGH = 20
_SHOWN = 60


def answers_given(history: History) -> list[Answer]:
    """Return every answer of the history, oldest first.

    :raises HistoryError: if it cannot be read.
    """
    return [answer for each in history.answers() if (answer := _read(each)) is not None]


def _read(stored: dict[str, object]) -> Answer | None:
    try:
        return from_json(stored)
    except ValueError:
        return None  # of another version: says nothing to us


def never_found(folder: Folder, answers: Sequence[Answer]) -> Iterator[Finding]:
    """Find the notes that no question which was asked has found."""
    if len(answers) < _ENOUGH:
        message = f"{len(answers)} questions asked so far, too few to say which notes nobody finds"
        yield Finding("never found", "fact", "", message)
        return
    found = {citation.note for answer in answers for citation in _citations(answer)}
    for each in folder.notes:
        if each.path not in found:
            message = f"found by none of {len(answers)} questions"
            remedy = "give it headings in the words people ask with, or let it go"
            yield Finding("never found", "advice", each.path, message, remedy)


def _citations(answer: Answer) -> Iterator[Citation]:
    yield from answer.citations
    yield from (each.citation for each in (*answer.alternatives, *answer.nearest))


def conflicts(folder: Folder, answers: Sequence[Answer], threshold: float) -> Iterator[Finding]:
    """Find questions to which two places give different answers.

    :param threshold: confidence from which an alternative is taken seriously.
    """
    yield from _written(folder)
    yield from _given(answers, threshold)


def _written(folder: Folder) -> Iterator[Finding]:
    """Compare the answers that notes write down under the same question."""
    entries: dict[str, list[tuple[str, Question]]] = defaultdict(list)
    for each in folder.notes:
        for question in each.note.questions:
            if question.answer:
                entries[_bare(question.question)].append((each.place(question.start), question))
    for (place, first), *others in entries.values():
        for elsewhere, other in others:
            if _bare(other.answer or "") != _bare(first.answer or ""):
                yield _conflict(first.question, place, first.answer, elsewhere, other.answer)


def _given(answers: Sequence[Answer], threshold: float) -> Iterator[Finding]:
    """Find in the last answer to each question what another note says instead."""
    newest = {_bare(answer.question): answer for answer in answers if answer.text is not None}
    for answer in newest.values():
        for other in answer.alternatives:
            here, there = answer.citations[0], other.citation
            sure = answer.kind == "extractive" and other.confidence >= threshold
            if sure and here.note != there.note and not _overlap(answer.text or "", other.text):
                where = [f"{each.note}[{each.start}]" for each in (here, there)]
                yield _conflict(answer.question, where[0], answer.text, where[1], other.text)


def _overlap(one: str, other: str) -> bool:
    first, second = _bare(one), _bare(other)
    return first in second or second in first


def _conflict(
    question: str, place: str, one: str | None, elsewhere: str, other: str | None
) -> Finding:
    message = f"{_short(question)} «{_short(one)}» here, «{_short(other)}» in {elsewhere}"
    return Finding("conflict", "advice", place, message, "say which holds, in both")


def _short(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _bare(text: str) -> str:
    return normalize_english(normalize_chinese(text)) or text
