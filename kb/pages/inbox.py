"""Inbox: questions without a good answer, and the place to write one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import answering, index_panel, links, opener, pieces, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.curation.curator import InboxItem
    from kb.pages.opener import Opened

_PAGE = 25


def main() -> None:
    """Draw the list of questions, or the one that the address names."""
    opened = opener.opened()
    running = opened.indexer.running
    named = st.query_params.get(answering.PARAMETER)
    with problems.shown():
        items = opened.base.curation.inbox()
        chosen = next((item for item in items if str(item.turn) == named), None)
        if chosen is not None:
            links.to_page(links.INBOX, t("back_to_inbox"), ":material/arrow_back:")
            answering.draw(opened, chosen)
            return
        st.title(t("page_inbox"), anchor=False)
        answering.last_written()
        index_panel.draw(opened, running=running, offer=False)
        if named is not None:
            st.info(t("inbox_gone"))
        _list(opened, items)


def _list(opened: Opened, items: list[InboxItem]) -> None:
    pieces.quiet(t("inbox_intro") if items else t("inbox_empty"))
    pages = -(-len(items) // _PAGE)
    page = st.pagination(pages, key=f"inbox_page_{pages}") if pages > 1 else 1
    for item in items[(page - 1) * _PAGE : page * _PAGE]:
        with st.container(border=True, gap="small"):
            links.to_waiting(item.turn, item.question)
            pieces.quiet(asked(item), "kb-under")
            if st.button(
                t("inbox_dismiss"), icon=":material/close:", type="tertiary", key=f"no_{item.turn}"
            ):
                opened.base.curation.close(item)
                st.rerun()


def asked(item: InboxItem) -> str:
    """Say how often and when a question was asked, and what was wrong."""
    why = t("inbox_wrong") if item.given is not None else t("inbox_unanswered")
    return " · ".join([why, t("inbox_count", count=item.count), f"{item.last_asked:%Y-%m-%d}"])


main()
