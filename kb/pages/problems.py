"""Shows our own errors as one line; everything else is a bug and is left to Streamlit."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from kb.errors import KbError
from kb.pages.links import plain
from qa.errors import QaError
from retrieval.errors import RetrievalError

OUR_ERRORS = (KbError, QaError, RetrievalError)


def line(error: Exception) -> str:
    """Return an error as one line that begins like a sentence."""
    text = " ".join(str(error).split())
    return text[:1].upper() + text[1:]


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
