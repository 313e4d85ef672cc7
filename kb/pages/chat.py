"""Ask: a chat with the notes, kept under the address that names it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from kb.answer import Answer, from_json, to_json
from kb.conversation import said
from kb.errors import CatalogMissing
from kb.pages import (
    cards,
    copying,
    index_panel,
    keyboard,
    language,
    links,
    opener,
    pieces,
    problems,
    sidebar,
    stopping,
    turn,
)
from kb.pages.language import t
from kb.pages.scrolling import scroll_to

if TYPE_CHECKING:
    from kb.knowledge import KnowledgeBase
    from kb.storage.history import Turn
    from retrieval.scope import Scope

_PARAMETER = "chat"
_ASKED_ID = "kb-asked"


def main() -> None:
    """Draw the chat, and answer what is asked."""
    opened = opener.opened()
    base = opened.base
    chat = st.query_params.get(_PARAMETER)
    scope = None
    with st.sidebar:
        sidebar.new_chat()
        with problems.shown():
            scope = sidebar.scope(base)
        with problems.shown():
            sidebar.chats(base.history, chat)
    turns: list[Turn] = []
    with problems.shown():
        turns = base.history.turns(chat) if chat else []
    for each in turns:
        _draw(base, each, _ASKED_ID if each is turns[-1] else "")
    if turns:
        scroll_to(_ASKED_ID, f"turn {turns[-1].id}", "start")
    # Words that were corrected stand on their own.
    typed = st.chat_input(t("ask_placeholder"), key="question", submit_mode="stop")
    asked = turn.asked_next() if typed is None else (typed, False)
    stopped = stopping.take()
    if asked is not None:
        # Before anything else is drawn: a run may end wherever it draws.
        stopping.begin(asked[0], alone=asked[1])
    elif stopped is not None:
        stopping.draw(stopped[0], alone=stopped[1])
    elif not turns:
        _welcome(opened, missing=chat is not None)
    if scope:
        pieces.quiet(t("scope_note", scope=", ".join([*scope.tags, *scope.folders])))
    keyboard.enable()
    copying.enable()
    stopping.enable()
    if asked is not None:
        question, alone = asked
        _ask(base, chat, [] if alone else turns, question, scope)
        stopping.end()


def _ask(
    base: KnowledgeBase, chat: str | None, turns: list[Turn], question: str, scope: Scope | None
) -> None:
    cards.question(question)
    with problems.shown():
        stored = to_json(_answered(base, turns, question, scope))
        if scope:
            stored["scope"] = asdict(scope)
        chat = chat or base.history.new_chat()
        base.history.add_turn(chat, question, stored)
        stopping.end()
        st.query_params[_PARAMETER] = chat
        st.rerun()


def _answered(base: KnowledgeBase, turns: list[Turn], question: str, scope: Scope | None) -> Answer:
    """Ask within the chat, and show each stage while it runs."""
    with st.status(t("stage_start"), type="compact") as status:
        try:
            return base.ask(
                question,
                scope=scope,
                earlier=said(turns),
                on_stage=lambda stage: status.update(label=t(f"stage_{stage}")),
            )
        except problems.OUR_ERRORS:
            status.update(label=t("stage_failed"), state="error")
            raise


def _draw(base: KnowledgeBase, each: Turn, place: str) -> None:
    cards.question(each.question, place)
    try:
        kept = from_json(each.answer)
    except ValueError:
        problems.show(t("answered_unreadable"))
        return
    now = base.reading.relocate(kept)
    answer = now.answer
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        if answer.asked_as:
            turn.full_words(each, answer.asked_as)
        cards.answer(answer, threshold=base.threshold, gone=now.gone)
        turn.actions(base, each, answer)


def _welcome(opened: opener.Opened, *, missing: bool) -> None:
    st.title(t("ask_title"), anchor=False)
    st.markdown(t("chat_gone") if missing else t("ask_intro"))
    with problems.shown():
        running = opened.indexer.running
        if opened.base.status().generation == 0:
            st.info(t("nothing_indexed"))
            index_panel.draw(opened, running=running)
        else:
            _examples(opened.base)


def _examples(base: KnowledgeBase) -> None:
    """Offer questions that the notes themselves ask."""
    try:
        found = base.examples(language.current())
    except CatalogMissing:
        return
    if found:
        pieces.quiet(t("examples"))
    with st.container(key="kb_examples", gap="small"):
        for number, question in enumerate(found):
            st.button(
                links.plain(question),
                icon=":material/north_east:",
                key=f"example_{number}",
                on_click=turn.ask_next,
                args=(question,),
            )
    pieces.quiet(t("keys"), "kb-keys")


main()
