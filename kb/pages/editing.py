"""Edits a note: with a preview, and never over what another program wrote meanwhile."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import streamlit as st

from kb.errors import NoteChanged
from kb.notes.source import NoteSource
from kb.pages import links, pieces, problems
from kb.pages.language import t
from kb.pages.opener import Opened

_HEIGHT = 460


@dataclass
class _Draft:
    """What is being written of a note.

    :param version: the version it began with; None if the note is gone.
    :param initial: the text that its field began with.
    :param turn: counts its fields, which are drawn anew with another text.
    """

    version: str | None
    initial: str
    text: str
    turn: int = 0


def view_key(path: str, cited: tuple[int, int] | None) -> str:
    """Return the name of the choice between reading and editing."""
    turn = st.session_state.get(f"views {path}", 0)
    return f"view {path} {cited} {turn}"


def draw(opened: Opened, note: NoteSource) -> None:
    """Draw the field with the text of a note, and what another program made of it meanwhile."""
    draft = _draft(note.path) or _begin(note.path, note.source, note.version)
    if draft.version != note.version:
        _conflict(opened, note, draft)
    _fields(opened, note.path, draft)
    with st.container(horizontal=True):
        save = st.button(t("save"), type="primary", icon=":material/save:", key="edit_save")
        leave = st.button(t("edit_discard"), key="edit_discard")
    if leave:
        _leave(note.path)
    if save:
        _save(opened, note.path, draft, draft.version)


def draw_gone(opened: Opened, path: str) -> bool:
    """Draw what is being written of a note that is gone by now; False if nothing is."""
    draft = _draft(path)
    if draft is None:
        return False
    pieces.heading(path)
    st.warning(t("edit_gone"), icon=":material/sync_problem:")
    _fields(opened, path, draft)
    with st.container(horizontal=True):
        if st.button(t("edit_save_again"), type="primary", key="edit_mine"):
            _save(opened, path, draft, None)
        if st.button(t("edit_discard"), key="edit_discard"):
            del st.session_state[_key(path)]
            st.rerun()
    return True


def _fields(opened: Opened, path: str, draft: _Draft) -> None:
    write, preview = st.tabs([t("write"), t("preview")], key=f"edit_tabs {path}")
    with write:
        draft.text = st.text_area(
            t("add_text"),
            draft.initial,
            height=_HEIGHT,
            key=f"edit {path} {draft.turn}",
            label_visibility="collapsed",
        )
    with preview, st.container(border=True, key="kb_preview"):
        st.markdown(opened.base.reading.preview(path, draft.text))


def _conflict(opened: Opened, note: NoteSource, draft: _Draft) -> None:
    """Show both versions, and let one be chosen."""
    with st.container(border=True, key="kb_conflict"):
        st.warning(t("edit_conflict"), icon=":material/sync_problem:")
        theirs, mine = _lines(note.source), _lines(draft.text)
        names = (t("edit_on_disk"), t("edit_mine"))
        shown = "\n".join(difflib.unified_diff(theirs, mine, *names, lineterm="", n=2))
        st.code(shown or t("edit_same"), language="diff", wrap_lines=True)
        with st.container(horizontal=True):
            keep = st.button(t("edit_keep_mine"), key="edit_mine")
            take = st.button(t("edit_take_theirs"), key="edit_theirs")
            merge = st.button(t("edit_go_on"), help=t("edit_go_on_help"), key="edit_merge")
    if keep:
        _save(opened, note.path, draft, note.version)
    if take:
        _restart(note.path, note.source, note.version, draft.turn + 1)
    if merge:
        _restart(note.path, draft.text, note.version, draft.turn)


def _save(opened: Opened, path: str, draft: _Draft, expected: str | None) -> None:
    with problems.shown():
        try:
            opened.base.editing.write(path, draft.text, expected, keep_line_ends=True)
        except NoteChanged:
            # Drawn anew, the page finds the other version and shows both.
            st.rerun()
        opened.indexer.start()
        st.toast(t("edit_saved"), icon=":material/check_circle:")
        _leave(path)


def _draft(path: str) -> _Draft | None:
    return st.session_state.get(_key(path))


def _begin(path: str, text: str, version: str | None, turn: int = 0) -> _Draft:
    lines = text.replace("\r\n", "\n")
    draft = _Draft(version, lines, lines, turn)
    st.session_state[_key(path)] = draft
    return draft


def _restart(path: str, text: str, version: str, turn: int) -> None:
    _begin(path, text, version, turn)
    st.rerun()


def _leave(path: str) -> None:
    """Go back to reading."""
    draft = _draft(path)
    if draft is not None:
        del st.session_state[_key(path)]
    st.session_state[f"views {path}"] = st.session_state.get(f"views {path}", 0) + 1
    st.switch_page(str(links.NOTE), query_params={"note": path})


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").splitlines()


def _key(path: str) -> str:
    return f"draft {path}"
