"""The button that keeps an answer of a chat in the FAQ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import opener, problems
from kb.pages.language import t
from kb.pages.links import plain

if TYPE_CHECKING:
    from kb.answer import Answer


def button(answer: Answer, key: str) -> None:
    """Draw the button of an answer that is no entry yet.

    :param key: tells it from those of other answers.
    """
    opened = opener.opened()
    if answer.kind != "extractive" or not answer.citations or not opened.person.may_write:
        return
    if st.button(
        t("promote"), icon=":material/bookmark_add:", type="tertiary", key=f"promote_{key}"
    ):
        with problems.shown():
            question = answer.asked_as or answer.question
            note = opened.base.faq.promote(question, answer.citations[0])
            opened.indexer.start()
            st.toast(plain(t("promoted", note=note)), icon=":material/check_circle:")
