"""Draws one entry of the FAQ, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import links, pieces, problems
from kb.pages.highlight import beginning
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.curation.book import BookEntry
    from kb.pages.opener import Opened

_BRIEF_CHARS = 400
_CHANGED = "faq_changed"
_EDITED = "faq_edited"


def draw(opened: Opened, entry: BookEntry) -> None:
    """Draw an entry with its answer, its place and its source, or the form that changes it."""
    with st.container(border=True, gap="small"):
        if st.session_state.get(_EDITED) == entry.key:
            with problems.shown():
                _edit(opened, opened.base.faq.editable(entry))
            return
        _words(entry)
        may_write = opened.person.may_write
        if entry.to_review:
            _review(opened, entry, offer=may_write)
        with st.container(horizontal=True, vertical_alignment="center"):
            links.to_citation(entry.citation)
            if entry.watched is not None and entry.watched.pin is not None:
                pin = entry.watched.pin
                pieces.quiet(t("faq_curated"))
                links.to_place(pin.note, pin.note, pin.start, pin.end)
            if may_write:
                st.button(
                    t("faq_edit"),
                    icon=":material/edit:",
                    type="tertiary",
                    key=f"edit_{entry.key}",
                    on_click=_open,
                    args=(entry.key,),
                )


def choice(opened: Opened, entry: BookEntry, group: list[BookEntry]) -> None:
    """Draw an entry that asks the same as others of a group, and the button that keeps it."""
    _words(entry)
    with st.container(horizontal=True, vertical_alignment="center"):
        links.to_citation(entry.citation)
        fixed = any(each.digest is None for each in group if each.key != entry.key)
        if opened.person.may_write and st.button(
            t("faq_keep_this"),
            icon=":material/merge:",
            key=f"keep_{entry.key}",
            disabled=fixed,
            help=t("faq_in_note") if fixed else None,
        ):
            with problems.shown():
                opened.base.faq.merge(entry, group)
                _done(opened)


def last_change() -> None:
    """Say that the last change was saved, once."""
    if st.session_state.pop(_CHANGED, False):
        st.toast(t("faq_changed"), icon=":material/check_circle:")


def _words(entry: BookEntry) -> None:
    pieces.words(entry.question, "kb-entry")
    shown = beginning(entry.answer, _BRIEF_CHARS)
    cut = "…" if shown.end < len(entry.answer) else ""
    pieces.words(entry.answer[: shown.end].rstrip() + cut)


def _review(opened: Opened, entry: BookEntry, *, offer: bool) -> None:
    watched = entry.watched
    now = watched.now if watched else ""
    st.warning(t("faq_review" if now else "faq_review_gone"), icon=":material/rate_review:")
    if now:
        pieces.quiet(t("faq_now"))
        pieces.words(now)
    if not offer:
        return
    with st.container(horizontal=True):
        keep = st.button(t("faq_keep"), icon=":material/check:", key=f"accept_{entry.key}")
        take = bool(now) and st.button(
            t("faq_take"), icon=":material/north_west:", key=f"take_{entry.key}"
        )
    if keep or take:
        with problems.shown():
            if take:
                opened.base.faq.edit(entry, entry.question, now)
            else:
                opened.base.faq.accept(entry)
            _done(opened)


def _edit(opened: Opened, entry: BookEntry) -> None:
    if entry.digest is None:
        _words(entry)
        pieces.quiet(t("faq_in_note"))
        links.to_citation(entry.citation)
        return
    with st.form("faq_entry", border=False):
        question = st.text_input(t("entry_question"), entry.question)
        written = opened.base.faq.text_of(entry)
        answer = st.text_area(t("entry_answer"), written, height=200, help=t("entry_answer_help"))
        with st.container(horizontal=True):
            save = st.form_submit_button(t("save"), type="primary")
            cancel = st.form_submit_button(t("cancel"))
            remove = st.form_submit_button(t("faq_remove"), icon=":material/delete:")
    if save:
        opened.base.faq.edit(entry, question, answer)
    if remove:
        opened.base.faq.remove(entry)
    if cancel:
        _open(None)
        st.rerun()
    if save or remove:
        _done(opened)


def _open(key: str | None) -> None:
    st.session_state[_EDITED] = key


def _done(opened: Opened) -> None:
    """Index what was changed and draw the page anew."""
    opened.indexer.start()
    _open(None)
    st.session_state[_CHANGED] = True
    st.rerun()
