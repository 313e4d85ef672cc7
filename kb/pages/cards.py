"""Draws an answer: its words, where they stand, how sure it is, and what else was found."""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from kb.answer import Alternative
from kb.pages import links, opener, pieces
from kb.pages.highlight import beginning, marked, sentence_window, with_formulas
from kb.pages.language import t
from retrieval.language import detect_language

if TYPE_CHECKING:
    from kb.answer import Answer, Citation, Scored
    from kb.pages.highlight import Window

# Of a passage that is only near.
_BRIEF_CHARS = 240
# Shown beside the answer.
_RIVALS = 2


def question(text: str, place: str = "") -> None:
    """Draw what a person asked.

    :param place: the id that it has in the page.
    """
    with st.chat_message("user", avatar=":material/person:"):
        pieces.words(text, "kb-question", place)


def answer(given: Answer, *, threshold: float = 1.0, gone: Collection[str] = ()) -> None:
    """Draw an answer, or that there is none.

    :param threshold: of confidence; other answers above it are shown beside this one.
    :param gone: notes that it cites and that are no longer there.
    """
    if given.text is None:
        _no_answer(given, gone)
    else:
        _answer(given, given.text, threshold, gone)


def passages(found: tuple[Scored, ...] | list[Scored], gone: Collection[str] = ()) -> None:
    """Draw passages, each with a link to its place."""
    for scored in found:
        cited = scored.citation
        with st.container(border=True, gap="small"):
            links.to_citation(cited, gone)
            passage(cited.passage)


def passage(text: str) -> None:
    """Draw the beginning of a passage."""
    _excerpt(text, 0, 0, beginning(text, _BRIEF_CHARS))


def excerpt(citation: Citation) -> None:
    """Draw the sentences that hold a cited span, with the span marked."""
    start, end = citation.answer_start, citation.answer_end
    _excerpt(citation.passage, start, end, sentence_window(citation.passage, start, end))


def _answer(given: Answer, text: str, threshold: float, gone: Collection[str]) -> None:
    pieces.badges(_badges(given))
    _headline(text)
    if given.citations:
        _cited(given.citations[0], gone)
    took = given.timings_ms.get("total")
    pieces.confidence(given.confidence, t("took", seconds=f"{took / 1000:.2f}") if took else "")
    _also_in(given.citations, gone)
    rivals = _rivals(given, text, threshold)
    if rivals:
        _side_by_side([Alternative(text, given.confidence, given.citations[0]), *rivals], gone)
    others = [each for each in given.alternatives if each not in rivals]
    _alternatives(others, "alternatives", gone)


def _badges(given: Answer) -> list[str]:
    found = [t("from_faq")] if given.kind == "faq" else []
    if given.is_across_languages:
        language = detect_language(given.citations[0].passage)
        found.append(t("across", language=t(f"language_name_{language}")))
    return found


def _also_in(citations: tuple[Citation, ...], gone: Collection[str]) -> None:
    """Draw the other places where the answer stands, each by its name once."""
    named: dict[str, Citation] = {}
    for each in citations:
        named.setdefault(links.place(each), each)
    others = list(named.values())[1:]
    if others:
        pieces.quiet(t("also_in"))
        with st.container(horizontal=True, gap="small"):
            for citation in others:
                links.to_citation(citation, gone)


def _rivals(given: Answer, text: str, threshold: float) -> list[Alternative]:
    """Return other answers that would be shown by themselves, and that another passage gives."""
    said = text.casefold()
    places = {(each.note, each.passage_start) for each in given.citations}
    return [
        each
        for each in given.alternatives
        if each.confidence >= threshold
        and (each.citation.note, each.citation.passage_start) not in places
        and said not in each.text.casefold()
        and each.text.casefold() not in said
    ][:_RIVALS]


def _side_by_side(answers: list[Alternative], gone: Collection[str]) -> None:
    """Draw answers of passages that do not agree."""
    pieces.quiet(t("disagree"))
    for column, each in zip(st.columns(len(answers)), answers, strict=True):
        with column:
            _alternative(each, gone)


def _no_answer(given: Answer, gone: Collection[str]) -> None:
    st.markdown(f"**{links.plain(t('no_answer'))}**")
    if opener.may_write():
        links.to_page(links.INBOX, t("in_inbox"), ":material/inbox:")
    if given.nearest:
        pieces.quiet(t("nearest"))
        passages(given.nearest, gone)
    else:
        pieces.quiet(t("no_passages"))
    _alternatives(given.alternatives, "unsure", gone)


def _alternatives(
    others: list[Alternative] | tuple[Alternative, ...], label: str, gone: Collection[str]
) -> None:
    if not others:
        return
    with st.expander(t(label, count=len(others))):
        for other in others:
            _alternative(other, gone)


def _alternative(other: Alternative, gone: Collection[str]) -> None:
    with st.container(border=True, gap="small"):
        st.html(f'<p class="kb-text"><strong>{escape(other.text)}</strong></p>')
        _cited(other.citation, gone)
        pieces.confidence(other.confidence)


def _cited(citation: Citation, gone: Collection[str]) -> None:
    excerpt(citation)
    links.to_citation(citation, gone)


def _headline(text: str) -> None:
    formulas = with_formulas(text, 0, 0)
    if formulas is None:
        st.html(f'<p class="kb-answer">{escape(text)}</p>')
    else:
        st.markdown(formulas)


def _excerpt(text: str, start: int, end: int, window: Window) -> None:
    formulas = with_formulas(text, start, end, window)
    if formulas is None:
        html = marked(text, start, end, window)
        st.html(f'<blockquote class="kb-passage">{html}</blockquote>')
    else:
        quoted = "\n".join(f"> {line}" for line in formulas.split("\n"))
        st.markdown(quoted)
