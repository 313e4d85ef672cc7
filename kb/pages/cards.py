"""Draws an answer: its words, where they stand, how sure it is, and what else was found."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import links, opener, pieces
from kb.pages.highlight import beginning, marked, sentence_window
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.answer import Alternative, Answer, Citation, Scored

# Of a passage that is only near.
_BRIEF_CHARS = 240


def question(text: str, place: str = "") -> None:
    """Draw what a person asked.

    :param place: the id that it has in the page.
    """
    with st.chat_message("user", avatar=":material/person:"):
        pieces.words(text, "kb-question", place)


def answer(given: Answer) -> None:
    """Draw an answer, or that there is none."""
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        if given.asked_as:
            pieces.quiet(t("asked_as", question=given.asked_as))
        if given.text is None:
            _no_answer(given)
        else:
            _answer(given, given.text)


def passages(found: tuple[Scored, ...] | list[Scored]) -> None:
    """Draw passages, each with a link to its place."""
    for scored in found:
        cited = scored.citation
        with st.container(border=True, gap="small"):
            links.to_citation(cited)
            passage(cited.passage)


def passage(text: str) -> None:
    """Draw the beginning of a passage."""
    _excerpt(marked(text, 0, 0, beginning(text, _BRIEF_CHARS)))


def _answer(given: Answer, text: str) -> None:
    st.html(f'<p class="kb-answer">{escape(text)}</p>')
    if given.citations:
        _cited(given.citations[0])
    extra = [t("from_faq")] if given.kind == "faq" else []
    if "total" in given.timings_ms:
        extra.append(t("took", seconds=f"{given.timings_ms['total'] / 1000:.2f}"))
    pieces.confidence(given.confidence, " · ".join(extra))
    if given.citations[1:]:
        pieces.quiet(t("also_in"))
        for citation in given.citations[1:]:
            links.to_citation(citation)
    _alternatives(given.alternatives, "alternatives")


def _no_answer(given: Answer) -> None:
    st.markdown(f"**{links.plain(t('no_answer'))}**")
    if opener.may_write():
        links.to_page(links.INBOX, t("in_inbox"), ":material/inbox:")
    if given.nearest:
        pieces.quiet(t("nearest"))
        passages(given.nearest)
    else:
        pieces.quiet(t("no_passages"))
    _alternatives(given.alternatives, "unsure")


def _alternatives(others: tuple[Alternative, ...], label: str) -> None:
    if not others:
        return
    with st.expander(t(label, count=len(others))):
        for other in others:
            with st.container(border=True, gap="small"):
                st.html(f'<p class="kb-text"><strong>{escape(other.text)}</strong></p>')
                _cited(other.citation)
                pieces.confidence(other.confidence)


def _cited(citation: Citation) -> None:
    start, end = citation.answer_start, citation.answer_end
    window = sentence_window(citation.passage, start, end)
    _excerpt(marked(citation.passage, start, end, window))
    links.to_citation(citation)


def _excerpt(html: str) -> None:
    st.html(f'<blockquote class="kb-passage">{html}</blockquote>')
