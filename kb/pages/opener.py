"""Opens the base once in a process; every page takes it from here, as its person may use it."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from kb.access.guard import guarded, guarded_indexer
from kb.access.person import LOCAL, Person
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.pages import problems
from kb.pages.indexer import Indexer
from kb.pages.language import t
from kb.pages.person import person_here


@dataclass(frozen=True, slots=True)
class Opened:
    """The base and what indexes it.

    From `opened`, both refuse a reader what only an editor may do.
    """

    base: KnowledgeBase
    indexer: Indexer
    person: Person = LOCAL


@st.cache_resource(show_spinner=False)
def open_base() -> Opened:
    """Open the base of the settings; its models are loaded beside the first page.

    :raises KbError: if a setting is wrong or the folder cannot be read.
    """
    base = KnowledgeBase.open(settings())
    indexer = Indexer(base)
    threading.Thread(target=_warm_up, args=(base,), name="warm-up", daemon=True).start()
    if base.settings.watch:
        threading.Thread(target=_watch, args=(base, indexer), name="watch", daemon=True).start()
    return Opened(base, indexer)


def opened() -> Opened:
    """Return the base for this person, or draw a page that says why there is none and stop."""
    try:
        return _for(person(), open_base())
    except problems.OUR_ERRORS as error:
        st.title(t("cannot_open"))
        problems.show(problems.line(error))
        st.markdown(t("cannot_open_help"))
        st.button(t("try_again"), type="primary")
        st.stop()


def person() -> Person:
    """Return who uses this page; a stranger is shown where to log in, and the run ends.

    :raises KbError: if a setting is wrong.
    """
    return person_here(settings())


def may_write() -> bool:
    """Whether to offer what only editors may do; the base refuses it to others anyway."""
    with suppress(*problems.OUR_ERRORS):
        return person().may_write
    return False


def _for(who: Person, found: Opened) -> Opened:
    return Opened(guarded(found.base, who), guarded_indexer(found.indexer, who), who)


def _watch(base: KnowledgeBase, indexer: Indexer) -> None:
    """Index what other programs change, as long as the process lives."""
    from kb.indexing.watching import changes

    for _ in changes(base.root, threading.Event()):
        indexer.start(quiet=True)


def _warm_up(base: KnowledgeBase) -> None:
    # What goes wrong here is shown at the first question, or when a note is written.
    with suppress(*problems.OUR_ERRORS):
        base.editing.recover()
    with suppress(*problems.OUR_ERRORS):
        base.warm_up()


def language_setting() -> Literal["auto", "en", "zh"]:
    """Return the language that is set; a wrong setting is shown when the base is opened."""
    with suppress(*problems.OUR_ERRORS):
        return settings().language
    return "auto"


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings of this process.

    :raises ConfigError: if one is wrong.
    """
    return Settings.load()
