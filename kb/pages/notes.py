"""Notes: browse them, search them, add to them."""

from __future__ import annotations

import streamlit as st

from kb.errors import CatalogMissing
from kb.knowledge import KnowledgeBase
from kb.pages import adding, cards, index_panel, links, opener, pieces, problems, trash
from kb.pages.language import t
from retrieval.scope import Scope

_PAGE = 25
_PASSAGES = 5


def main() -> None:
    """Draw the three parts of the page."""
    opened = opener.opened()
    st.title(t("page_notes"), anchor=False)
    with problems.shown():
        running = opened.indexer.running
        stale = opened.base.status().stale
        if stale and not running:
            pieces.quiet(t("stale_note", count=stale))
        index_panel.draw(opened, running=running, offer=stale > 0)
    if not opened.person.may_write:
        with problems.shown():
            _browse(opened.base)
        return
    browse, add, deleted = st.tabs([t("browse"), t("add"), t("trash")], key="notes_tabs")
    with browse, problems.shown():
        _browse(opened.base)
    with add:
        adding.draw(opened)
    with deleted, problems.shown():
        trash.draw(opened)


def _browse(base: KnowledgeBase) -> None:
    try:
        folder, tag = _filters(base)
    except CatalogMissing:
        st.info(t("nothing_indexed"))
        return
    text = st.text_input(
        t("find"), placeholder=t("find_placeholder"), icon=":material/search:", key="find"
    ).strip()
    found = base.notes(folder=folder, tag=tag, text=text)
    pieces.quiet(t("notes_found", count=len(found)) if found else t("no_notes"))
    pages = -(-len(found) // _PAGE)
    page = st.pagination(pages, key=f"page_{pages}") if pages > 1 else 1
    for note in found[(page - 1) * _PAGE : page * _PAGE]:
        with st.container(gap=None):
            links.to_note(note.path, note.title)
            pieces.quiet(" · ".join([note.path, *(f"#{tag}" for tag in note.tags)]), "kb-under")
    if text:
        _passages(base, text, folder, tag)


def _filters(base: KnowledgeBase) -> tuple[str | None, str | None]:
    folders, tags = dict(base.folders()), dict(base.tags())
    folder = st.sidebar.selectbox(
        t("folder"),
        ["", *folders],
        format_func=lambda name: f"{name} ({folders[name]})" if name else t("any_folder"),
        key="folder",
    )
    tag = st.sidebar.selectbox(
        t("tag"),
        ["", *tags],
        format_func=lambda name: f"{name} ({tags[name]})" if name else t("any_tag"),
        key="tag",
    )
    return folder or None, tag or None


def _passages(base: KnowledgeBase, text: str, folder: str | None, tag: str | None) -> None:
    scope = Scope((tag,) if tag else (), (folder,) if folder else ())
    found = base.search(text, _PASSAGES, scope if tag or folder else None)
    if found:
        st.subheader(t("passages_found"), anchor=False)
        cards.passages(found)


main()
