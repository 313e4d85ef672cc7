"""What is asked of a base: when, about which notes, and what they do not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.storage.history import Asked

_MOST = 12


@dataclass(frozen=True, slots=True)
class Day:
    """Questions of a day, in UTC."""

    day: date
    answered: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """A question that the notes do not answer; ``turn`` names it in the inbox."""

    question: str
    count: int
    turn: int


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked.

    :param days: on which anything was asked, in order.
    :param notes: path of a note and how many answers cited it first, most first.
    :param lacking: what waits in the inbox, most asked first.
    """

    days: tuple[Day, ...]
    notes: tuple[tuple[str, int], ...]
    lacking: tuple[Lacking, ...]

    @property
    def questions(self) -> int:
        """How many were asked."""
        return sum(day.answered + day.unanswered for day in self.days)

    @property
    def answered(self) -> int:
        """How many got an answer that nobody found wrong."""
        return sum(day.answered for day in self.days)


def asking(turns: Iterable[Asked], waiting: Iterable[Lacking]) -> Asking:
    """Count what was asked."""
    days: dict[date, Counter[bool]] = {}
    notes = Counter[str]()
    for turn in turns:
        days.setdefault(turn.asked_at.date(), Counter())[turn.is_good] += 1
        if turn.is_good and turn.note:
            notes[turn.note] += 1
    counted = [Day(day, good[True], good[False]) for day, good in sorted(days.items())]
    most = sorted(notes.items(), key=lambda each: (-each[1], each[0]))[:_MOST]
    lacking = sorted(waiting, key=lambda each: -each.count)[:_MOST]
    return Asking(tuple(counted), tuple(most), tuple(lacking))
