"""`Curator`: the questions that wait for an answer, and the entries written for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kb.curation.closing import answered_by_now
from kb.curation.entry import with_entry
from kb.curation.grouping import Encode, Grouping
from kb.curation.pins import Pin
from kb.curation.stub import stub_name, stub_text
from kb.errors import NoteError
from kb.notes.transaction import changing
from kb.notes.vault import read_text
from kb.notes.writing import replace_atomic, safe_path, write_atomic

if TYPE_CHECKING:
    from kb.answer import Answer, Citation
    from kb.storage.history import History
    from kb.storage.waiting import Unanswered
    from qa.faq import FaqThresholds


# So many waiting questions are asked again after an indexing.
REASKED = 20


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A question that waits for a better answer, however it was worded.

    :param question: as it was asked last.
    :param others: its other wordings.
    :param count: how often it was asked without a good answer.
    :param right_answer: what a reader said it should be, the newest.
    :param given: the answer that a reader found wrong, None if there was none.
    :param turns: of each of its topics the last turn without a good answer.
    """

    question: str
    others: tuple[str, ...]
    count: int
    last_asked: datetime
    right_answer: str | None
    given: str | None
    turns: dict[str, int]

    @property
    def turn(self) -> int:
        """The last turn without a good answer: its name in an address."""
        return max(self.turns.values())


class Curator:
    """Keeps the inbox and writes entries into notes; thread-safe."""

    def __init__(
        self,
        root: Path,
        history: History,
        encode: Encode,
        *,
        max_bytes: int,
        thresholds: FaqThresholds | None = None,
    ) -> None:
        """Take the notes of a folder and their history.

        :param max_bytes: the largest note.
        """
        self._root = root
        self._history = history
        self._max_bytes = max_bytes
        self._grouping = Grouping(encode, thresholds)
        self._reasked = 0

    def inbox(self) -> list[InboxItem]:
        """Return the questions that wait, the last asked first; one asked again is one."""
        found = self._history.inbox()
        groups = self._grouping.groups([each.question for each in found])
        return [_item([found[place] for place in group]) for group in groups]

    def close(self, item: InboxItem) -> None:
        """Take a question out of the inbox until it is asked in vain again."""
        self._history.settle(item.turns)

    def close_answered(self, ask: Callable[[str], Answer], most: int = REASKED) -> list[str]:
        """Close the questions that the notes answer by now, and return them.

        :param ask: asks the notes.
        :param most: so many are asked again; the next call goes on behind them.
        """
        items = self.inbox()
        first = self._reasked % len(items) if items else 0
        again = [*items[first:], *items[:first]][:most]
        self._reasked = first + len(again)
        closed = list(answered_by_now(ask, again))
        for item in closed:
            self.close(item)
        return [item.question for item in closed]

    def write_stub(self, item: InboxItem, related: Sequence[Citation] = ()) -> str:
        """Begin a note for a question; the question waits on until the notes answer it.

        :param related: passages of notes that it links to.
        :return: the path of the note.
        :raises VaultError: if there is such a note already.
        """
        target = safe_path(self._root, stub_name(item.question))
        with changing(self._root):
            write_atomic(target, stub_text(item.question, related))
        return target.relative_to(self._root.resolve()).as_posix()

    def write_entry(
        self, note: str, question: str, answer: str, origin: Citation | None = None
    ) -> str:
        """Add a question and its answer to a note; it is found after the next `index`.

        :param note: its path; it is made if there is none.
        :param origin: where the words of the answer stand, if they are a note's; the entry is
            pinned to them.
        :return: the path of the note.
        :raises VaultError: if the name is not allowed, the note asks that question already, or
            another program changed it meanwhile.
        """
        target = safe_path(self._root, note)
        path = target.relative_to(self._root.resolve()).as_posix()
        pin = self._pin(origin)
        with changing(self._root):
            if not target.exists():
                write_atomic(target, with_entry(path, "", question, answer, origin, pin))
                return path
            source = read_text(self._root, path, max_bytes=self._max_bytes)
            changed = with_entry(path, source, question, answer, origin, pin)
            replace_atomic(target, changed, source)
        return path

    def _pin(self, origin: Citation | None) -> Pin | None:
        """Pin an entry to its source, if that can be read."""
        if origin is None:
            return None
        with suppress(NoteError, ValueError):
            source = read_text(self._root, origin.note, max_bytes=self._max_bytes)
            return Pin.of(origin.note, source, origin.start, origin.end)
        return None


def _item(group: list[Unanswered]) -> InboxItem:
    newest = group[0]
    others = dict.fromkeys(each.question for each in group[1:])
    return InboxItem(
        question=newest.question,
        others=tuple(each for each in others if each != newest.question),
        count=sum(each.count for each in group),
        last_asked=newest.last_asked,
        right_answer=next((each.right_answer for each in group if each.right_answer), None),
        given=newest.given,
        turns={each.topic: each.turn for each in group},
    )
