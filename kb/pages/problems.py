"""Shows our own errors as one line; everything else is a bug and is left to Streamlit."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from kb.errors import KbError
from kb.pages.language import t
from kb.pages.links import plain
from kb.pages.strings import TABLE
from qa.errors import QaError
from retrieval.errors import RetrievalError

OUR_ERRORS = (KbError, QaError, RetrievalError)


# What tells a message apart within its kind, the first that is in it; see strings/errors.py.
_SAID = (
    ("already there", "error_taken"),
    ("has that name already", "error_taken"),
    ("meanwhile", "error_meanwhile"),
    ("note name ", "error_name"),
    ("the note has no name", "error_name"),
    ("larger than ", "error_too_large"),
    ("not UTF-8", "error_not_text"),
    ("is not text", "error_not_text"),
    ("cannot be written", "error_unwritable"),
    ("cannot be made", "error_unwritable"),
    ("cannot be read", "error_unreadable"),
    ("is not in the notes folder", "error_no_note"),
    ("is not the path of a note", "error_no_note"),
    ("there is no note", "error_no_note"),
    ("there is no chat", "error_no_chat"),
    ("the question is empty", "error_empty"),
    ("characters, at most", "error_too_long"),
    ("a newer version", "error_newer"),
    (" is damaged", "error_damaged"),
)
# Kinds that say enough by themselves, whatever names stand in their message.
_PLAIN = frozenset({"CatalogMissing", "CatalogDamaged", "NotAllowed", "ConfigError", "LockedError"})


def line(error: Exception) -> str:
    """Return an error as one line that begins like a sentence, in the session's language.

    In Chinese its own words follow in brackets: they name exactly what is wrong and where.
    """
    text = " ".join(str(error).split())
    shown = t(_key(error, text), detail=text)
    return shown[:1].upper() + shown[1:]


def _key(error: Exception, text: str) -> str:
    """Return the text for a message, else for the nearest kind that has one."""
    if type(error).__name__ not in _PLAIN:
        for words, key in _SAID:
            if words in text:
                return key
    kinds = (f"error_{kind.__name__}" for kind in type(error).__mro__)
    return next((key for key in kinds if key in TABLE), "error_Exception")


def show(message: str) -> None:
    """Draw an error; what it quotes is never read as Markdown."""
    st.error(plain(message), icon=":material/error:")


@contextmanager
def shown() -> Generator[None]:
    """Draw our own errors of the block and go on after it."""
    try:
        yield
    except OUR_ERRORS as error:
        show(line(error))
