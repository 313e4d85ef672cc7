"""Begins a note for a question that needs more than an entry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kb.curation.entry import link_to
from retrieval.language import detect_language

if TYPE_CHECKING:
    from kb.answer import Citation

_MARKS = " .。!！?？"
_UNFIT = re.compile(r"[^\w -]+")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_NAME_CHARS = 50
_SEE = {"en": "See also:", "zh": "参见："}


def stub_name(question: str) -> str:
    """Return a file name for a note about a question."""
    words = " ".join(_UNFIT.sub(" ", question).split())
    return words[:_NAME_CHARS].strip(" -") or "stub"


def stub_text(question: str, related: Iterable[Citation]) -> str:
    """Return a note with the question as its title, not yet an answer, and links to others.

    The title has no question mark: with one, what is written first would answer at once.
    """
    title = _PUNCTUATION.sub(r"\\\1", " ".join(question.split()).rstrip(_MARKS))
    notes = {each.note: each for each in reversed(list(related))}
    see = _SEE[detect_language(question)]
    lines = [f"{see} {', '.join(link_to(each) for each in notes.values())}"] if notes else []
    return "\n\n".join(["---\ntags: [stub]\n---", f"# {title}", *lines]) + "\n"
