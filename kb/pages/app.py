"""The frame around every page; Streamlit runs this script."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from kb.pages import language, links, opener, person, side
from kb.pages.language import t

HERE = Path(__file__).parent


def main() -> None:
    """Set the pages up and run the one that the address names."""
    language.adopt(opener.language_setting())
    _show_address()
    st.set_page_config(
        page_title=t("app"),
        page_icon=str(HERE / "favicon.svg"),
        menu_items={"About": t("about")},
    )
    st.html(HERE / "style.css")
    if language.current() == "zh":
        st.html(HERE / "chinese.css")
    editing = "visible" if opener.may_write() else "hidden"
    page = st.navigation(
        [
            st.Page(links.CHAT, title=t("page_chat"), default=True),
            st.Page(links.INBOX, title=t("page_inbox"), url_path="inbox", visibility=editing),
            st.Page(links.FAQ, title=t("page_faq"), url_path="faq"),
            st.Page(links.NOTES, title=t("page_notes"), url_path="notes"),
            st.Page(links.INSIGHT, title=t("page_insight"), url_path="insight"),
            st.Page(links.STATUS, title=t("page_status"), url_path="index"),
            st.Page(links.NOTE, title=t("page_note"), url_path="note", visibility="hidden"),
        ],
        position="top",
    )
    opened = opener.opened()
    page.run()
    with st.sidebar:
        language.switch()
        person.draw(opened.person)
        side.close_when_followed()


def _show_address() -> None:
    """Put the parameters of this run into the address bar.

    A link from a page to itself, as from chat to chat, leaves the bar as it was.
    """
    if parameters := st.query_params.to_dict():
        st.query_params.from_dict(parameters)
    else:
        st.query_params.clear()


main()
