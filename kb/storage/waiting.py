"""Which questions of the history wait for a better answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that the notes should answer better.

    :param topic: the question without what two askers may write differently.
    :param count: how often it was asked without a good answer.
    :param right_answer: what a reader said it should be, the newest.
    :param given: the answer that a reader found wrong, None if there was none.
    :param turn: the last one without a good answer.
    """

    topic: str
    question: str
    count: int
    last_asked: datetime
    right_answer: str | None
    given: str | None
    turn: int


def waiting(rows: Iterable[tuple[Any, ...]]) -> list[Unanswered]:
    """Return the questions that wait, the last asked first.

    :param rows: of each turn in order: number, topic, question, time, right answer, answer, and
        whether that is none or was found wrong.
    """
    found: dict[str, Unanswered] = {}
    for turn, topic, question, moment, right, given, is_bad in rows:
        before = found.pop(topic, None)
        if is_bad:
            count = before.count + 1 if before else 1
            right = right or (before.right_answer if before else None)
            asked = datetime.fromisoformat(moment)
            found[topic] = Unanswered(topic, question, count, asked, right, given, turn)
    return list(reversed(found.values()))


def topic_of(question: str) -> str:
    """Return a question without what two askers may write differently."""
    return " ".join(question.casefold().split()).rstrip(" ?？!！.。")
