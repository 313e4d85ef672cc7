"""Say a follow-up in full words: "how is it computed?" → "how is self-attention computed?".

A question leans on the conversation if it holds a pronoun without a word of its own to stand for
("it", "它"), if it is a fragment ("and BERT large?", "BERT large 呢？"), or if it names nothing but
a property, a step or a question word ("why?", "有什么缺点？"). Everything else stands on its own.
What is missing is taken from the latest turn that names something. Rules only: nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.followup import chinese, english

# Working memory: what was said longer ago is not what "it" stands for.
MEMORY = 4
MAX_TOPIC_CHARS = 80
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked and, if known, what answered it.

    :param title: of the note the answer was cited from.
    :param heading: the headings above the cited passage, "A › B".
    :param answer: the words of the answer; empty if there was none.
    """

    question: str
    title: str = ""
    heading: str = ""
    answer: str = ""


def in_full(question: str, earlier: Sequence[Turn | str]) -> str | None:
    """Return a follow-up in full words, None if it stands on its own or nothing completes it.

    :param earlier: the questions before it, oldest first, with or without their answers.
    """
    known: list[Turn] = []
    for each in earlier[-MEMORY:]:
        turn = Turn(each) if isinstance(each, str) else each
        # An earlier follow-up counts as what it meant.
        known.append(replace(turn, question=_complete(turn.question, known) or turn.question))
    return _complete(question, known)


def _complete(question: str, known: Sequence[Turn]) -> str | None:
    asked = " ".join(question.split())
    language = chinese if _HAN.search(asked) else english
    need = language.find_need(asked)
    if need is None:
        return None
    topics = [(turn, topic) for turn in reversed(known) if (topic := _topic(turn))]
    if not topics:
        return None
    turn, topic = topics[0]
    if need.kind == "both":
        topic = _both(topics, language.AND) or topic
    before = turn.question.rstrip(" ?？!！.。")
    full = language.complete(need, topic, before, turn.answer)
    return full if full and full.casefold() != asked.casefold() else None


def _topic(turn: Turn) -> str:
    """Return what a turn is about: the noun phrase of its question, or else the cited note."""
    language = chinese if _HAN.search(turn.question) else english
    if language.find_need(turn.question) is not None:
        return turn.title  # what it leans on is unknown, but its answer came from somewhere
    topic = language.find_topic(turn.question, (turn.heading.rpartition("›")[2], turn.title))
    return topic if 0 < len(topic) <= MAX_TOPIC_CHARS else turn.title


def _both(topics: Sequence[tuple[Turn, str]], joint: str) -> str:
    """Return the two last things that were asked about, "A and B"."""
    names = list(dict.fromkeys(topic for _turn, topic in topics))[:2]
    return joint.join(reversed(names)) if len(names) == 2 else ""
