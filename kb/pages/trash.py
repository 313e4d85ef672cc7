"""The notes that were deleted, and the way back."""

from __future__ import annotations

import streamlit as st

from kb.pages import links, pieces, problems
from kb.pages.language import t
from kb.pages.links import plain
from kb.pages.opener import Opened

_LISTED = 100


def draw(opened: Opened) -> None:
    """Draw the deleted notes, each with what can be done with it."""
    found = opened.base.editing.deleted()
    pieces.quiet(t("trash_intro") if found else t("trash_empty"))
    for note in found[:_LISTED]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            when = t("trash_when", moment=f"{note.deleted_at:%Y-%m-%d %H:%M} UTC")
            with st.container(gap=None):
                pieces.words(note.path)
                pieces.quiet(f"{when} · {note.size:,} B")
            if st.button(t("restore"), icon=":material/undo:", key=f"restore_{note.id}"):
                _restore(opened, note.id)
            if st.button(
                t("destroy"), icon=":material/delete_forever:", type="tertiary", key=note.id
            ):
                st.dialog(t("destroy"))(_destroy)(opened, note.id, note.path)


def _restore(opened: Opened, name: str) -> None:
    with problems.shown():
        path = opened.base.editing.restore(name)
        opened.indexer.start()
        st.toast(plain(t("restored", name=path)), icon=":material/check_circle:")
        st.switch_page(str(links.NOTE), query_params={"note": path})


def _destroy(opened: Opened, name: str, path: str) -> None:
    st.markdown(t("destroy_sure"))
    pieces.words(path)
    if st.button(t("destroy"), type="primary", key="destroy_do"):
        with problems.shown():
            opened.base.editing.destroy(name)
            st.rerun()
