"""Questions that a note numbers or sets in bold, with their answers below, as appendices do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.markdown.document import Block
from kb.markdown.source_map import MappedText
from kb.notes.questions import Question

# "1. ", "2) ", and what Markdown takes for words: "3．", "4、", "（5）".
_NUMBER = re.compile(r"(?:\d{1,3}[.)．、）]|[(（]\d{1,3}[)）])\s*")
_LABEL = re.compile(r"(?:Q|Question|A|Answer|问|问题|提问|答|答案|回答)\s*[:：]", re.IGNORECASE)
# One sentence that asks; a mark within it, of a quotation or an abbreviation, is no end.
_ASKS = re.compile(r"(?:[^。！？?!.]|[.!?](?=\w)|\.(?=,))*[?？]")
_BOLD = ("**", "__")
_ANNOUNCES = (":", "：")
_MAX_CHARS = 200
_MIN_WORDS, _MIN_CHINESE = 3, 4
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Marked:
    """A paragraph that begins with a question.

    :param stop: where the question ends in the text of the paragraph.
    """

    question: str
    text: MappedText
    stop: int
    is_bold: bool
    is_numbered: bool


def listed_questions(blocks: Sequence[Block], source: str) -> Iterator[Question]:
    """Yield the questions that are numbered or in bold, and have text of their own below.

    One number alone, or a question among steps, is not taken for a list of questions.
    """
    for level in _levels(blocks):
        found = list(_on(level, source))
        numbered = [each for each, is_numbered in found if is_numbered]
        is_list = len(numbered) > 1 and 2 * len(numbered) >= _numbered(level)
        yield from (each for each, is_numbered in found if is_list or not is_numbered)


def _levels(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield runs of blocks that stand side by side under one heading, items of lists among them."""
    run: list[Block] = []
    for block in blocks:
        if block.kind == "heading":
            yield run
            run = []
        else:
            run.append(block)
            if block.kind == "group":
                for child in block.children:
                    # The items of a list stand beside the paragraphs between its parts.
                    yield from _levels(child.children if _is_item(child) else ())
    yield run


def _on(level: Sequence[Block], source: str) -> Iterator[tuple[Question, bool]]:
    """Yield the answered questions of a run, and whether each is numbered."""
    for place, block in enumerate(level):
        items = _items(block)
        for item in items:
            # Below an item that is its whole list, unless the answer stands in it.
            below = item[1:] or (level[place + 1 :] if len(items) == 1 else ())
            found = _answered(item[0], below, source)
            if found is not None:
                yield found


def _items(block: Block) -> list[Sequence[Block]]:
    """Return the blocks of each item; a paragraph is an item of one."""
    if block.kind != "group":
        return [(block,)]
    return [child.children for child in block.children if _is_item(child)]


def _is_item(block: Block) -> bool:
    return block.kind == "group" and bool(block.children)


def _numbered(level: Sequence[Block]) -> int:
    """Count what is numbered in a run."""
    texts = (item[0].text for block in level for item in _items(block))
    return sum(bool(text and _NUMBER.match(text.text)) for text in texts)


def _answered(first: Block, below: Sequence[Block], source: str) -> tuple[Question, bool] | None:
    marked = _marked(first, source)
    if marked is None:
        return None
    rest = marked.text.text[marked.stop :]
    if rest.strip():
        low = marked.stop + len(rest) - len(rest.lstrip())
        start, end = marked.text.map.to_source(low, len(marked.text.text))
        # On the question's own line only bold type tells it from an answer's first words.
        apart = "\n" in source[marked.text.map.to_source(0, marked.stop)[1] : start]
        if not apart and not (marked.is_bold and marked.is_numbered):
            return None
        return Question(marked.question, rest.strip(), start, end), marked.is_numbered
    answer = _below(below, source)
    return answer and (Question(marked.question, *answer), marked.is_numbered)


def _below(blocks: Sequence[Block], source: str) -> tuple[str, int, int] | None:
    """Return the first paragraph, with what it announces, if it is there and asks nothing."""
    first = blocks[0] if blocks else None
    if first is None or first.kind != "prose" or first.text is None:
        return None
    if _marked(first, source) or _NUMBER.match(first.text.text):
        return None
    texts = [first.text]
    if first.text.text.endswith(_ANNOUNCES):
        texts += _texts(blocks[1:2])
    starts, ends = zip(*(text.span for text in texts), strict=True)
    return "\n".join(text.text for text in texts), min(starts), max(ends)


def _texts(blocks: Sequence[Block]) -> Iterator[MappedText]:
    for block in blocks:
        if block.text is not None and block.kind != "heading":
            yield block.text
        yield from _texts(block.children)


def _marked(block: Block, source: str) -> _Marked | None:
    """Read a paragraph that begins with a number or in bold type, and asks."""
    if block.kind != "prose" or block.text is None:
        return None
    text = block.text.text
    number = _NUMBER.match(text)
    start = number.end() if number else 0
    asks = _ASKS.match(text, start)
    if asks is None or _LABEL.match(text, start) or not _is_whole(asks[0].strip()):
        return None
    low, high = block.text.map.to_source(start, asks.end())
    is_bold = any(
        source[max(0, low - 2) : low] == mark == source[high : high + 2] for mark in _BOLD
    )
    if not number and not is_bold:
        return None
    return _Marked(asks[0].strip(), block.text, asks.end(), is_bold, number is not None)


def _is_whole(question: str) -> bool:
    """Say whether a question is understood without what stands before it."""
    words, chinese = len(question.split()), len(_CHINESE.findall(question))
    return len(question) <= _MAX_CHARS and (words >= _MIN_WORDS or chinese >= _MIN_CHINESE)
