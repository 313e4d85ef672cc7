"""The frame around every page; Streamlit runs this script."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from kb.pages import language, links, opener
from kb.pages.language import t

HERE = Path(__file__).parent


def main() -> None:
    """Set the pages up and run the one that the address names."""
    language.adopt(opener.language_setting())
    st.set_page_config(
        page_title=t("app"),
        page_icon=str(HERE / "favicon.svg"),
        menu_items={"About": t("about")},
    )
    st.html(HERE / "style.css")
    page = st.navigation(
        [
            st.Page(links.CHAT, title=t("page_chat"), default=True),
            st.Page(links.NOTES, title=t("page_notes"), url_path="notes"),
            st.Page(links.STATUS, title=t("page_status"), url_path="index"),
            st.Page(links.NOTE, title=t("page_note"), url_path="note", visibility="hidden"),
        ],
        position="top",
    )
    opener.opened()
    page.run()
    with st.sidebar:
        language.switch()


main()
