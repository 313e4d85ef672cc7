"""A follow-up is asked as typed and in full words; the better supported answer is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kb.answer import Answer, from_json
from qa.followup.rewriting import MEMORY, Turn, in_full

if TYPE_CHECKING:
    from kb.storage.history import Turn as StoredTurn

# Log-odds in favour of the full words. Asked as typed, "how is it computed?" finds how anything is
# computed: its confidence tells whether the span answers that, not whether it is about the topic.
# On the tuning half of tests/data/follow_ups.json no prior from 0 to 3 changes an outcome.
PRIOR = 1.0
_LEAST = 1e-4


def ask_in_context(
    ask: Callable[[str], Answer],
    question: str,
    earlier: Sequence[Turn | str],
    max_chars: int,
) -> Answer:
    """Answer a question within its chat; one that stands on its own is asked once, as typed.

    :param ask: answers a question without a chat.
    :param earlier: the questions before it, oldest first, with or without their answers.
    :param max_chars: the longest question that may be asked.
    """
    full = in_full(question, earlier) if earlier else None
    if full is None or len(full) > max_chars:
        return ask(question)
    return better_supported(ask(question), ask(full))


def better_supported(typed: Answer, full: Answer) -> Answer:
    """Return the answer to keep, under the question as typed.

    Where neither reading is answered, the passages near the full words are the ones to show.
    """
    chosen = full if _log_odds(full) + PRIOR >= _log_odds(typed) else typed
    spent = {
        name: round(typed.timings_ms.get(name, 0.0) + full.timings_ms.get(name, 0.0), 1)
        for name in typed.timings_ms | full.timings_ms
    }
    asked_as = full.question if chosen is full else None
    return replace(chosen, question=typed.question, asked_as=asked_as, timings_ms=spent)


def turn_of(answer: Answer) -> Turn:
    """Return what later questions of the chat need to know of an answered one."""
    cited = answer.citations[0] if answer.citations else None
    return Turn(
        question=answer.asked_as or answer.question,
        title=cited.title if cited else "",
        heading=cited.heading if cited else "",
        answer=answer.text or "",
    )


def said(turns: Sequence[StoredTurn]) -> list[Turn]:
    """Return what the last stored turns of a chat mean to the question after them."""
    return [_meant(turn) for turn in turns[-MEMORY:]]


def _meant(turn: StoredTurn) -> Turn:
    try:
        return turn_of(from_json(turn.answer))
    except ValueError:  # of another version: its question alone still tells the topic
        return Turn(turn.question)


def _log_odds(answer: Answer) -> float:
    confidence = min(max(answer.confidence, _LEAST), 1 - _LEAST)
    return math.log(confidence / (1 - confidence))
