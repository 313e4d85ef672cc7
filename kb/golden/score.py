"""Asks the golden questions and says which are answered rightly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.measuring.own_questions import OwnQuestion
from qa.evaluate import RIGHT_F1
from qa.metrics import f1, normalize_chinese, normalize_english
from retrieval.language import detect_language

if TYPE_CHECKING:
    from kb.answer import Answer
    from kb.knowledge import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a golden question.

    :param got: the answer that was shown, None if none was.
    """

    question: str
    passed: bool
    got: str | None


def score(
    base: KnowledgeBase, questions: Sequence[OwnQuestion], tell: Callable[[int], None]
) -> list[Outcome]:
    """Ask every question.

    :param tell: told how many are done.
    """
    outcomes: list[Outcome] = []
    for question in questions:
        answer = base.ask(question.question)
        outcomes.append(Outcome(question.question, is_right(question, answer), answer.text))
        tell(len(outcomes))
    return outcomes


def is_right(expected: OwnQuestion, answer: Answer) -> bool:
    """Say whether an answer is what was expected: its words, and from the note if one is named."""
    if not expected.answers and not expected.note:
        return answer.text is None
    if answer.text is None:
        return False
    if expected.note and expected.note not in (each.note for each in answer.citations):
        return False
    return not expected.answers or any(_agree(each, answer.text) for each in expected.answers)


def _agree(expected: str, given: str) -> bool:
    """Say whether the expected words stand in the answer, or most of both are the same."""
    wanted, found = _bare(expected), _bare(given)
    within = bool(wanted) and f" {wanted} " in f" {found} "
    chinese = detect_language(expected) == "zh" and bool(wanted) and wanted in found
    return within or chinese or f1(given, [expected], detect_language(expected)) >= RIGHT_F1


def _bare(text: str) -> str:
    return normalize_english(normalize_chinese(text)) or text
