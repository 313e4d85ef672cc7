"""One note, opened at the place that the address names: read, or edited."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from kb.errors import CatalogMissing, NoteError
from kb.knowledge import KnowledgeBase
from kb.notes.source import NoteSource
from kb.pages import (
    around,
    editing,
    index_panel,
    links,
    opener,
    pieces,
    problems,
    reading,
    tidying,
)
from kb.pages.highlight import CITED_ID, marked, source_window
from kb.pages.language import t
from kb.pages.opener import Opened
from kb.pages.scrolling import scroll_to

_NEIGHBOURS = 40


def main() -> None:
    """Draw the note of the address."""
    st.page_link(str(links.NOTES), label=t("back_to_notes"), icon=":material/arrow_back:")
    path = st.query_params.get("note")
    if not path:
        st.info(t("no_note_chosen"))
        return
    opened = opener.opened()
    index_panel.follow(opened)
    with problems.shown():
        try:
            note = opened.base.read_note(path)
        except NoteError:
            # What was being written is shown all the same.
            if not editing.draw_gone(opened, path):
                raise
        else:
            pieces.heading(note.title)
            pieces.quiet(note.path)
            pieces.tags(note.tags)
            _draw(opened, note)
    with st.sidebar, problems.shown():
        _neighbours(opened.base, path)


def _neighbours(base: KnowledgeBase, path: str) -> None:
    """Draw the other notes of the folder."""
    folder = path.rpartition("/")[0]
    with suppress(CatalogMissing):
        found = [note for note in base.notes(folder=folder) if note.folder == folder]
        if not found:
            return
        st.subheader(t("same_folder"), anchor=False)
        with st.container(gap="xsmall"):
            for note in found[:_NEIGHBOURS]:
                links.to_neighbour(note.path, note.title, current=note.path == path)


def _draw(opened: Opened, note: NoteSource) -> None:
    cited = _cited(opened, note)
    shown = _view(opened, note, cited)
    if shown == "edit":
        editing.draw(opened, note)
        return
    if shown == "source":
        _source(note.source, *(cited or (0, 0)))
        if cited:
            scroll_to(CITED_ID, f"{note.path} {cited}")
        return
    with problems.shown():
        around.in_short(opened, note, expanded=cited is None)
    reading.draw(opened.base, note, cited)
    if cited:
        reading.around(opened.base, note, cited)
    with problems.shown():
        around.others(opened, note)


def _view(opened: Opened, note: NoteSource, cited: tuple[int, int] | None) -> str:
    """Draw what can be done with the note, and return how it is shown."""
    views = ["rendered", "source"]
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if opened.person.may_write:
            views.append("edit")
            tidying.menu(opened, note)
        # The choice stands under the place, so that another place opens rendered.
        return st.segmented_control(
            t("view"),
            views,
            default="rendered",
            required=True,
            format_func=t,
            key=editing.view_key(note.path, cited),
            label_visibility="collapsed",
        )


def _cited(opened: Opened, note: NoteSource) -> tuple[int, int] | None:
    """Return the place that the address names, if the note has it."""
    if heading := st.query_params.get("heading"):
        found = opened.base.reading.heading(note, heading)
        if found is None:
            pieces.quiet(t("heading_gone", heading=heading))
        return found
    start, end = _number("start"), _number("end")
    if start is None or end is None or start >= end:
        return None
    if end > len(note.source):
        st.warning(t("place_gone"))
        return None
    return start, end


def _source(source: str, start: int, end: int) -> None:
    window = source_window(source, start)
    if window.end - window.start < len(source):
        low, high, total = (f"{n:,}" for n in (*window, len(source)))
        pieces.quiet(t("too_long", low=low, high=high, total=total))
    html = marked(source, start, end, window, mark_id=CITED_ID)
    st.html(f'<div class="kb-source">{html}</div>')


def _number(name: str) -> int | None:
    value = st.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


main()
