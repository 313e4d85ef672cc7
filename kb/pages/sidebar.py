"""The side of the chat page: earlier chats, and where to look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from kb.errors import CatalogMissing
from kb.pages import links, pieces, problems
from kb.pages.language import t
from kb.quoting import chat_json, chat_markdown, file_name
from retrieval.scope import Scope

if TYPE_CHECKING:
    from kb.knowledge import KnowledgeBase
    from kb.storage.history import Chat, History


def new_chat() -> None:
    """Draw the link to an empty chat."""
    st.page_link(str(links.CHAT), label=t("chat_new"), icon=":material/add_comment:")


def chats(history: History, current: str | None) -> None:
    """Draw the chats, newest first, and what can be done with the one that is open."""
    st.subheader(t("chats"), anchor=False)
    words = st.text_input(
        t("chat_search"),
        placeholder=t("chat_search"),
        icon=":material/search:",
        key="chat_search",
        label_visibility="collapsed",
    )
    found = history.chats(words=words)
    if not found:
        pieces.quiet(t("chat_not_found") if words.strip() else t("chat_none"))
    with st.container(gap="xsmall"):
        for chat in found:
            links.to_chat(chat.id, chat.title or t("chat_untitled"), current=chat.id == current)
            if chat.id == current:
                _options(history, chat)


def scope(base: KnowledgeBase) -> Scope | None:
    """Draw the filters and return what they say."""
    try:
        tags, folders = base.tags(), base.folders()
    except CatalogMissing:
        return None
    if not tags and not folders:
        return None
    with st.expander(t("scope"), icon=":material/filter_alt:", key="scope"):
        chosen_tags = _choice("scope_tags", tags)
        chosen_folders = _choice("scope_folders", folders)
    if not chosen_tags and not chosen_folders:
        return None
    return Scope(tuple(chosen_tags), tuple(chosen_folders))


def _choice(label: str, counted: list[tuple[str, int]]) -> list[str]:
    counts = dict(counted)
    return st.multiselect(
        t(label),
        list(counts),
        format_func=lambda name: f"{links.shortened(name, 60)} ({counts[name]})",
        placeholder=t("scope_all"),
        key=label,
        persist_state="session",
    )


def _options(history: History, chat: Chat) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if _icon("edit", "chat_rename"):
            st.dialog(t("chat_rename"))(_rename)(history, chat)
        if _icon("download", "chat_export"):
            st.dialog(t("chat_export"))(_export)(history, chat)
        if _icon("delete", "chat_delete"):
            st.dialog(t("chat_delete"))(_delete)(history, chat)


def _icon(icon: str, label: str) -> bool:
    """Draw a button with its name in small type, and say whether it was pressed."""
    return st.button(t(label), icon=f":material/{icon}:", type="tertiary", key=label)


def _export(history: History, chat: Chat) -> None:
    pieces.words(chat.title or t("chat_untitled"))
    with problems.shown():
        turns = history.turns(chat.id)
        name = file_name(chat.title)
        text = json.dumps(chat_json(chat, turns), ensure_ascii=False, indent=2)
        with st.container(horizontal=True):
            st.download_button(
                t("export_markdown"),
                chat_markdown(chat, turns),
                f"{name}.md",
                "text/markdown",
                type="primary",
                key="export_markdown",
            )
            st.download_button(
                t("export_json"), text, f"{name}.json", "application/json", key="export_json"
            )


def _rename(history: History, chat: Chat) -> None:
    with st.form("rename", border=False):
        title = st.text_input(t("chat_name"), chat.title, max_chars=200)
        if st.form_submit_button(t("save"), type="primary"):
            with problems.shown():
                history.rename_chat(chat.id, title.strip())
                st.rerun()


def _delete(history: History, chat: Chat) -> None:
    st.markdown(t("chat_delete_sure"))
    pieces.words(chat.title)
    yes, no = st.columns(2)
    if yes.button(t("chat_delete"), type="primary", key="delete_yes", width="stretch"):
        with problems.shown():
            history.delete_chat(chat.id)
            st.switch_page(str(links.CHAT))
    if no.button(t("cancel"), key="delete_no", width="stretch"):
        st.rerun()
