"""Adds notes: written here or uploaded; nothing is overwritten unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.notes.incoming import SUFFIXES, Incoming
from kb.pages import links, pieces, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.pages.opener import Opened

_ADDED = "added"
_LEFT_OUT = "added_without"
_FORMS = "forms_sent"
_LISTED = 40


def draw(opened: Opened) -> None:
    """Draw both ways to add a note, and what was added last."""
    _last_added()
    # A form that was taken is drawn anew, empty.
    turn = st.session_state.setdefault(_FORMS, 0)
    _write(opened, turn)
    _upload(opened, turn)


def _write(opened: Opened, turn: int) -> None:
    # No form: one shows nothing of what is written before it is sent, and so no preview.
    with st.container(border=True):
        st.subheader(t("add_title"), anchor=False)
        name = st.text_input(t("add_name"), help=t("add_name_help"), key=f"name_{turn}")
        write, preview = st.tabs([t("write"), t("preview")], key=f"add_tabs_{turn}")
        with write:
            text = st.text_area(t("add_text"), height=260, key=f"text_{turn}")
        with preview, st.container(height=300, key=f"kb_preview_{turn}"):
            st.markdown(opened.base.reading.preview(name, text))
        replace = st.checkbox(t("add_replace"), key=f"replace_{turn}")
        if not st.button(t("add_button"), type="primary", key=f"add_{turn}"):
            return
        with problems.shown():
            _finish(opened, [opened.base.add_note(name, text, overwrite=replace)])


def _upload(opened: Opened, turn: int) -> None:
    settings = opened.base.settings
    limit = max(1, round(max(settings.max_note_mb, settings.max_upload_mb)))
    st.html(f'<style>:root {{ --kb-upload-mb: "{limit}"; }}</style>')
    with st.form(f"upload_{turn}"):
        st.subheader(t("upload_title"), anchor=False)
        files = st.file_uploader(
            t("upload_files"),
            type=[each.lstrip(".") for each in SUFFIXES],
            accept_multiple_files=True,
            max_upload_size=limit,
            key=f"files_{turn}",
        )
        folder = st.text_input(t("upload_folder"), help=t("upload_folder_help"), key=f"into_{turn}")
        replace = st.checkbox(t("add_replace"), key=f"replace_files_{turn}")
        if not st.form_submit_button(t("upload_button")):
            return
        if not files:
            problems.show(t("upload_nothing"))
            return
        with problems.shown():
            incoming = [Incoming(file.name, file.size, file.getvalue) for file in files]
            added = opened.base.editing.add_files(incoming, folder=folder, overwrite=replace)
            _finish(opened, list(added.paths), list(added.left_out))


def _finish(opened: Opened, paths: list[str], left_out: list[str] | None = None) -> None:
    opened.indexer.start()
    st.session_state[_ADDED] = paths
    st.session_state[_LEFT_OUT] = left_out or []
    st.session_state[_FORMS] += 1
    st.rerun()


def _last_added() -> None:
    paths: list[str] = st.session_state.get(_ADDED, [])
    if not paths:
        return
    st.success(t("added"), icon=":material/check_circle:")
    for path in paths[:_LISTED]:
        links.to_note(path, path)
    if len(paths) > _LISTED:
        pieces.quiet(t("and_more", count=len(paths) - _LISTED))
    left_out: list[str] = st.session_state.get(_LEFT_OUT, [])
    if left_out:
        shown = ", ".join(left_out[:10]) + (" …" if len(left_out) > 10 else "")
        pieces.quiet(t("left_out", names=shown))
