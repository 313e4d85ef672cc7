"""Answers one question of the inbox: with words of the notes, or with one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import cards, links, pieces, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.answer import Answer, Citation
    from kb.curation.curator import InboxItem
    from kb.pages.opener import Opened

PARAMETER = "turn"
_WRITTEN = "entry_written"
_ASKED = "inbox_asked"
_DEFAULT_NOTE = "faq"


def draw(opened: Opened, item: InboxItem) -> None:
    """Draw a question, what the notes hold of it now, and the form that answers it."""
    pieces.heading(item.question)
    pieces.quiet(t("inbox_count", count=item.count))
    if item.others:
        pieces.quiet(t("inbox_others", others=" · ".join(item.others)))
    if item.given is not None:
        pieces.quiet(t("inbox_given", answer=item.given))
    if item.right_answer:
        _words(item, t("inbox_reader_says"), item.right_answer, None, "right")
    with problems.shown():
        _form(opened, item)
    with problems.shown():
        _found(opened, item)


def last_written() -> None:
    """Say which note was written to last, once."""
    path: str | None = st.session_state.pop(_WRITTEN, None)
    if path is not None:
        st.success(t("entry_saved"), icon=":material/check_circle:")
        links.to_note(path, path)


def _form(opened: Opened, item: InboxItem) -> None:
    with st.form(f"entry_{item.turn}"):
        st.markdown(f"**{t('entry_title')}**")
        question = st.text_input(t("entry_question"), item.question)
        answer = st.text_area(t("entry_answer"), key=_key(item), help=t("entry_answer_help"))
        note = st.text_input(t("entry_note"), _DEFAULT_NOTE, help=t("entry_note_help"))
        with st.container(horizontal=True):
            save = st.form_submit_button(t("entry_save"), type="primary")
            stub = st.form_submit_button(t("inbox_stub"), help=t("inbox_stub_help"))
            dismiss = st.form_submit_button(t("inbox_dismiss"))
    if save:
        with problems.shown():
            written = opened.base.curation.write_entry(note, question, answer, _origin(item))
            opened.indexer.start()
            st.session_state[_WRITTEN] = written
            _leave(opened, item)
    if stub:
        near = [each.citation for each in _asked(opened, item).nearest]
        path = opened.base.curation.write_stub(item, near)
        opened.indexer.start()
        st.success(t("inbox_stub_written"), icon=":material/check_circle:")
        links.to_note(path, path)
    if dismiss:
        _leave(opened, item)


def _leave(opened: Opened, item: InboxItem) -> None:
    opened.base.curation.close(item)
    st.query_params.pop(PARAMETER, None)
    st.rerun()


def _found(opened: Opened, item: InboxItem) -> None:
    """Draw what the notes hold of a question by now."""
    answer = _asked(opened, item)
    if answer.text is not None and answer.text != item.given:
        st.success(t("inbox_answered_now"), icon=":material/check_circle:")
        with st.container(border=True):
            cards.answer(answer)
        if st.button(t("inbox_close"), key="close_answered"):
            _leave(opened, item)
    for number, each in enumerate(answer.alternatives):
        _words(item, t("inbox_words"), each.text, each.citation, f"alternative_{number}")
    if answer.nearest:
        st.subheader(t("inbox_nearest"), anchor=False)
    for number, near in enumerate(answer.nearest):
        cited = near.citation
        _words(item, "", cited.passage, cited, f"nearest_{number}")


def _words(item: InboxItem, label: str, text: str, cited: Citation | None, name: str) -> None:
    """Draw words that may answer, with a button that takes them into the form."""
    with st.container(border=True, gap="small"):
        if label:
            pieces.quiet(label)
        cards.passage(text)
        with st.container(horizontal=True, vertical_alignment="center"):
            if cited is not None:
                links.to_citation(cited)
            st.button(
                t("entry_take"),
                icon=":material/north_west:",
                type="tertiary",
                key=f"take_{name}_{item.turn}",
                on_click=_take,
                args=(item, text, cited),
            )


def _take(item: InboxItem, text: str, cited: Citation | None) -> None:
    st.session_state[_key(item)] = text
    st.session_state[f"{_key(item)}_origin"] = cited


def _origin(item: InboxItem) -> Citation | None:
    """Return where the words come from, if they are still a note's own."""
    origin: Citation | None = st.session_state.get(f"{_key(item)}_origin")
    kept = str(st.session_state.get(_key(item), "")).strip()
    return origin if origin is not None and kept in origin.passage else None


def _asked(opened: Opened, item: InboxItem) -> Answer:
    """Ask again, once as long as neither the question nor the index changes."""
    asked = (item.turn, opened.base.status().generation)
    held: tuple[tuple[int, int], Answer] | None = st.session_state.get(_ASKED)
    if held is None or held[0] != asked:
        held = (asked, opened.base.ask(item.question))
        st.session_state[_ASKED] = held
    return held[1]


def _key(item: InboxItem) -> str:
    return f"entry_answer_{item.turn}"
