"""Finds the questions of the inbox that the notes have come to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.answer import Answer
    from kb.curation.curator import InboxItem


def answered_by_now(
    ask: Callable[[str], Answer], items: Sequence[InboxItem]
) -> Iterator[InboxItem]:
    """Ask each question again and yield those that need not wait any longer."""
    for item in items:
        if _is_answered(item, ask(item.question)):
            yield item


def _is_answered(item: InboxItem, answer: Answer) -> bool:
    """Say whether an answer ends the wait.

    Where a reader found one wrong, another of the same kind may be wrong too: then only a curated
    answer counts, or one that holds what the reader said is right.
    """
    if answer.text is None or answer.text == item.given:
        return False
    if item.given is None or answer.kind == "faq":
        return True
    right = " ".join((item.right_answer or "").casefold().split())
    return bool(right) and right in " ".join(answer.text.casefold().split())
