"""Adds notes: written here or uploaded; nothing is overwritten unasked."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import links, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from kb.pages.opener import Opened

_ADDED = "added"
_FORMS = "forms_sent"


def draw(opened: Opened) -> None:
    """Draw both ways to add a note, and what was added last."""
    _last_added()
    # A form that was taken is drawn anew, empty.
    turn = st.session_state.setdefault(_FORMS, 0)
    _write(opened, turn)
    _upload(opened, turn)


def _write(opened: Opened, turn: int) -> None:
    with st.form(f"write_{turn}"):
        st.subheader(t("add_title"), anchor=False)
        name = st.text_input(t("add_name"), help=t("add_name_help"), key=f"name_{turn}")
        text = st.text_area(t("add_text"), height=260, key=f"text_{turn}")
        replace = st.checkbox(t("add_replace"), key=f"replace_{turn}")
        if not st.form_submit_button(t("add_button"), type="primary"):
            return
        with problems.shown():
            _finish(opened, [opened.base.add_note(name, text, overwrite=replace)])


def _upload(opened: Opened, turn: int) -> None:
    limit = max(1, round(opened.base.settings.max_note_mb))
    with st.form(f"upload_{turn}"):
        st.subheader(t("upload_title"), anchor=False)
        files = st.file_uploader(
            t("upload_files"),
            type=["md", "markdown", "txt"],
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
        added = [path for file in files if (path := _one(opened, file, folder, replace=replace))]
        if added and len(added) == len(files):
            _finish(opened, added)
        elif added:
            opened.indexer.start()


def _one(opened: Opened, file: UploadedFile, folder: str, *, replace: bool) -> str | None:
    """Add a file; None, with its error drawn, if that cannot be."""
    try:
        text = file.getvalue().decode("utf-8")
    except UnicodeDecodeError:
        problems.show(t("not_utf8", name=file.name))
        return None
    name = PurePath(file.name)
    name = name.with_suffix(".md") if name.suffix.lower() == ".txt" else name
    with problems.shown():
        below = folder.strip().rstrip("/")
        path = f"{below}/{name}" if below else str(name)
        return opened.base.add_note(path, text, overwrite=replace)
    return None


def _finish(opened: Opened, paths: list[str]) -> None:
    opened.indexer.start()
    st.session_state[_ADDED] = paths
    st.session_state[_FORMS] += 1
    st.rerun()


def _last_added() -> None:
    paths: list[str] = st.session_state.get(_ADDED, [])
    if not paths:
        return
    st.success(t("added"), icon=":material/check_circle:")
    for path in paths:
        links.to_note(path, path)
