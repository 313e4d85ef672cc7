"""Renames a note, its links following, or moves it to the trash."""

from __future__ import annotations

import streamlit as st

from kb.notes.moving import Move
from kb.notes.source import NoteSource
from kb.pages import links, pieces, problems
from kb.pages.language import t
from kb.pages.links import plain
from kb.pages.opener import Opened

_LISTED = 40
_PLAN = "move_planned"


def menu(opened: Opened, note: NoteSource) -> None:
    """Draw the buttons for both."""
    if st.button(t("rename"), icon=":material/drive_file_rename_outline:", type="tertiary"):
        st.session_state.pop(_PLAN, None)
        st.dialog(t("rename"), width="medium")(_rename)(opened, note.path)
    if st.button(t("delete"), icon=":material/delete:", type="tertiary"):
        st.dialog(t("delete"))(_delete)(opened, note)


def _rename(opened: Opened, path: str) -> None:
    name = st.text_input(t("rename_to"), path, help=t("rename_help"), key="rename_to")
    if st.button(t("rename_look"), key="rename_look"):
        with problems.shown():
            st.session_state[_PLAN] = opened.base.editing.plan_move(path, name)
    move: Move | None = st.session_state.get(_PLAN)
    if move is None or move.old != path:
        return
    pieces.quiet(t("rename_links", count=len(move.links), old=move.old, new=move.new))
    rows = [(f"{each.note}:{each.line}", f"{each.before} → {each.after}") for each in move.links]
    if rows:
        with st.container(height=260, border=True):
            pieces.path_list(rows[:_LISTED])
    if len(rows) > _LISTED:
        pieces.quiet(t("and_more", count=len(rows) - _LISTED))
    if move.unread:
        pieces.quiet(t("rename_unread", names=", ".join(move.unread[:5])))
    if st.button(t("rename_do"), type="primary", key="rename_do"):
        with problems.shown():
            done = opened.base.editing.move(path, move.new, move.version)
            opened.indexer.start()
            st.toast(plain(t("renamed", name=done.new)), icon=":material/check_circle:")
            st.switch_page(str(links.NOTE), query_params={"note": done.new})


def _delete(opened: Opened, note: NoteSource) -> None:
    st.markdown(t("delete_sure"))
    pieces.words(note.path)
    with problems.shown():
        found = opened.base.digest.backlinks(note.path)
        if found:
            pieces.quiet(t("delete_links", count=len({each.path for each in found})))
    if st.button(t("delete_do"), type="primary", key="delete_do"):
        with problems.shown():
            opened.base.editing.delete(note.path, note.version)
            opened.indexer.start()
            st.toast(plain(t("deleted", name=note.path)), icon=":material/delete:")
            st.switch_page(str(links.NOTES))
