"""Takes an answer in its whole sentences, so that it can be read apart from its passage."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from kb.markdown.document import parse_markdown
from kb.passages.sentences import sentence_spans

if TYPE_CHECKING:
    from kb.answer import Citation
    from kb.catalog.rows import StoredPassage

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def in_sentences(cited: Citation, passages: Iterable[StoredPassage]) -> tuple[str, Citation]:
    """Return the sentences that hold a cited span, and their own citation.

    :param passages: of the note; where the cited one is not among them, the span stays as it is.
    """
    held = [
        (low, high)
        for low, high in sentence_spans(cited.passage)
        if low < cited.answer_end and high > cited.answer_start
    ]
    if not held:
        return cited.passage[cited.answer_start : cited.answer_end], cited
    low, high = held[0][0], held[-1][1]
    words = cited.passage[low:high]
    low, high = low + len(words) - len(words.lstrip()), low + len(words.rstrip())
    words = cited.passage[low:high]
    for passage in passages:
        if (passage.start, passage.text) == (cited.passage_start, cited.passage):
            start, end = passage.source_map.to_source(low, high)
            return words, replace(cited, start=start, end=end, answer_start=low, answer_end=high)
    return words, cited


def as_markdown(text: str) -> str:
    """Return Markdown that shows exactly a text: as it is, where that does, else escaped."""
    blocks = parse_markdown(text).blocks
    if len(blocks) == 1 and blocks[0].kind == "prose":
        shown = blocks[0].text
        if shown is not None and shown.text == text:
            return text
    return _PUNCTUATION.sub(r"\\\1", text)
