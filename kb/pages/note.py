"""One note, opened at the place that the address names."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from kb.errors import CatalogMissing
from kb.knowledge import KnowledgeBase, NoteSource
from kb.pages import links, opener, pieces, problems, reading
from kb.pages.highlight import CITED_ID, marked, source_window
from kb.pages.language import t
from kb.pages.scrolling import scroll_to

_NEIGHBOURS = 40


def main() -> None:
    """Draw the note of the address."""
    st.page_link(str(links.NOTES), label=t("back_to_notes"), icon=":material/arrow_back:")
    path = st.query_params.get("note")
    if not path:
        st.info(t("no_note_chosen"))
        return
    base = opener.opened().base
    with problems.shown():
        note = base.read_note(path)
        pieces.heading(note.title)
        pieces.quiet(note.path)
        pieces.tags(note.tags)
        _draw(base, note)
    with st.sidebar, problems.shown():
        _neighbours(base, path)


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


def _draw(base: KnowledgeBase, note: NoteSource) -> None:
    cited = _cited(note)
    with st.container(horizontal=True, horizontal_alignment="right"):
        # The choice stands under the place, so that another place opens rendered.
        shown = st.segmented_control(
            t("view"),
            ("rendered", "source"),
            default="rendered",
            required=True,
            format_func=t,
            key=f"view {note.path} {cited}",
            label_visibility="collapsed",
        )
    if shown == "source":
        _source(note.source, *(cited or (0, 0)))
        if cited:
            scroll_to(CITED_ID, f"{note.path} {cited}")
    else:
        reading.draw(base, note, cited)
    if cited:
        reading.around(base, note, cited)


def _cited(note: NoteSource) -> tuple[int, int] | None:
    """Return the place that the address names, if the note has it."""
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
