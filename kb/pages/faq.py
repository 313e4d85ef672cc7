"""FAQ: what the notes ask and answer, where it stands, and what should be looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.errors import CatalogMissing
from kb.pages import entry_card, index_panel, language, opener, pieces, problems
from kb.pages.language import t
from retrieval.language import detect_language

if TYPE_CHECKING:
    from kb.curation.book import BookEntry
    from kb.pages.opener import Opened

_PAGE = 20
_ALL, _REVIEW, _TWICE = "faq_all", "faq_to_review", "faq_duplicates"


def main() -> None:
    """Draw the list, or the part of it that is chosen."""
    opened = opener.opened()
    running = opened.indexer.running
    st.title(t("page_faq"), anchor=False)
    pieces.quiet(t("faq_intro"))
    index_panel.draw(opened, running=running, offer=False)
    entry_card.last_change()
    with problems.shown():
        try:
            _book(opened)
        except CatalogMissing:
            st.info(t("nothing_indexed"))


def _book(opened: Opened) -> None:
    book = opened.base.faq
    text = st.text_input(
        t("find"), placeholder=t("faq_find"), icon=":material/search:", key="faq_find"
    ).strip()
    found, same = book.entries(text), book.duplicates()
    review = [entry for entry in found if entry.to_review]
    counts = {_ALL: len(found), _REVIEW: len(review), _TWICE: len(same)}
    part = st.segmented_control(
        t("page_faq"),
        list(counts),
        default=_ALL,
        required=True,
        format_func=lambda name: t(name, count=counts[name]),
        key="faq_part",
        label_visibility="collapsed",
    )
    if part == _TWICE:
        _twice(opened, same)
    else:
        _list(opened, review if part == _REVIEW else found, searched=bool(text) or part == _REVIEW)


def _list(opened: Opened, entries: list[BookEntry], *, searched: bool) -> None:
    if not entries:
        st.markdown(t("faq_none_found" if searched else "faq_none"))
    pages = -(-len(entries) // _PAGE)
    page = st.pagination(pages, key=f"faq_page_{pages}") if pages > 1 else 1
    # What should be looked at comes first, then what is asked in the language of the page.
    spoken = language.current()
    ordered = sorted(
        entries,
        key=lambda entry: (not entry.to_review, detect_language(entry.question) != spoken),
    )
    for entry in ordered[(page - 1) * _PAGE : page * _PAGE]:
        entry_card.draw(opened, entry)


def _twice(opened: Opened, groups: list[list[BookEntry]]) -> None:
    pieces.quiet(t("faq_same") if groups else t("faq_none_found"))
    for group in groups[:_PAGE]:
        with st.container(border=True):
            for entry in group:
                entry_card.choice(opened, entry, group)


main()
