"""The questions that a note asks: in headings, as Q: and A:, or in its front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from kb.markdown.document import Block, Document
from kb.markdown.source_map import MappedText
from kb.notes.front_matter import FrontMatter

_QUESTION = re.compile(r"[?？][\"'”’」』）)*_\s]*$")
# At the start of a paragraph or list item, or between the words of one.
_LABEL = re.compile(
    r"(?:^(?:[-*+]|\d{1,9}[.)])?\s*|(?<=[\s。！？?!.]))"
    r"(?:(?P<asks>Q|Question|问|问题|提问)|A|Answer|答|答案|回答)\s*[:：]\s*",
    re.IGNORECASE,
)
_ENDS = frozenset("。！？?.!")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that a note asks.

    :param answer: what the note says is the answer; None for a heading, whose section it is.
    :param start: start in the source: of the heading's text, of the answer after A:, or of the
        front matter.
    :param end: its end in the source.
    """

    question: str
    answer: str | None
    start: int
    end: int


def questions_of(document: Document, front: FrontMatter) -> tuple[Question, ...]:
    """Return the questions of a note."""
    return (*_headings(document), *_labelled(document.blocks), *_curated(front))


def _headings(document: Document) -> Iterator[Question]:
    for block in document.blocks:
        if block.kind == "heading" and block.text and _QUESTION.search(block.text.text):
            yield Question(block.text.text, None, *block.text.span)


def _labelled(blocks: Sequence[Block]) -> Iterator[Question]:
    """Read Q: and A:, in one paragraph or in two that follow each other."""
    asked = ""
    for block in _leaves(blocks):
        pieces = list(_pieces(block.text)) if block.kind == "prose" and block.text else []
        if not pieces:
            asked = ""
        for asks, text, start, end in pieces:
            if asks:
                asked = text
                continue
            if asked and text:
                yield Question(asked, text, start, end)
            asked = ""


def _pieces(mapped: MappedText) -> Iterator[tuple[bool, str, int, int]]:
    """Yield what follows each label: whether it asks, the text and its place in the source."""
    text = mapped.text
    labels: list[re.Match[str]] = []
    for label in _LABEL.finditer(text):
        turns = not labels or bool(label["asks"]) != bool(labels[-1]["asks"])
        # "The answer: 3" and "One question: why?" are words of an answer.
        ends = not label["asks"] or not labels or _ends_before(text, label.start())
        if turns and ends:
            labels.append(label)
    if not labels or labels[0].start() > 0:
        return
    edges = [*(label.start() for label in labels[1:]), len(text)]
    for label, edge in zip(labels, edges, strict=True):
        low = label.end()
        high = low + len(text[low:edge].rstrip())
        yield bool(label["asks"]), text[low:high], *mapped.map.to_source(low, high)


def _ends_before(text: str, position: int) -> bool:
    """Say whether a sentence ends before a position, white space between or not."""
    while position and text[position - 1].isspace():
        position -= 1
    return position > 0 and text[position - 1] in _ENDS


def _leaves(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind == "group":
            yield from _leaves(block.children)
        else:
            yield block


def _curated(front: FrontMatter) -> Iterator[Question]:
    """Read ``faq``: a list of question and answer, or a mapping from one to the other."""
    for question, answer in _pairs(front.values.get("faq")):
        if question and answer:
            yield Question(question, answer, front.start, front.end)


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    for item in cast("list[object]", value) if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        fields = {
            str(key).strip(): str(answer).strip()
            for key, answer in cast("dict[object, object]", item).items()
            if isinstance(answer, str)
        }
        named = {key.lower(): answer for key, answer in fields.items()}
        question = named.get("question") or named.get("q") or ""
        answer = named.get("answer") or named.get("a") or ""
        if question or answer:
            yield " ".join(question.split()), answer
        else:
            yield from ((" ".join(key.split()), answer) for key, answer in fields.items())
