"""Ask: a chat with the notes, kept under the address that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.answer import Answer, from_json, to_json
from kb.conversation import turn_of
from kb.pages import cards, index_panel, opener, pieces, problems, promoting, sidebar
from kb.pages.language import t
from kb.pages.scrolling import scroll_to
from qa.followup.rewriting import MEMORY
from qa.followup.rewriting import Turn as Earlier

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
    for turn in turns:
        _draw(turn, _ASKED_ID if turn is turns[-1] else "")
    if turns:
        scroll_to(_ASKED_ID, f"turn {turns[-1].id}", "start")
    asked = st.chat_input(t("ask_placeholder"), key="question", submit_mode="stop")
    if not turns and not asked:
        _welcome(opened, missing=chat is not None)
    if scope:
        pieces.quiet(t("scope_note", scope=", ".join([*scope.tags, *scope.folders])))
    if asked is not None:
        _ask(base, chat, turns, asked, scope)


def _ask(
    base: KnowledgeBase, chat: str | None, turns: list[Turn], question: str, scope: Scope | None
) -> None:
    cards.question(question)
    with problems.shown():
        answer = _answered(base, turns, question, scope)
        chat = chat or base.history.new_chat()
        base.history.add_turn(chat, question, to_json(answer))
        st.query_params[_PARAMETER] = chat
        st.rerun()


def _answered(base: KnowledgeBase, turns: list[Turn], question: str, scope: Scope | None) -> Answer:
    """Ask within the chat, and show each stage while it runs."""
    with st.status(t("stage_start"), type="compact") as status:
        try:
            return base.ask(
                question,
                scope=scope,
                earlier=[_said(turn) for turn in turns[-MEMORY:]],
                on_stage=lambda stage: status.update(label=t(f"stage_{stage}")),
            )
        except problems.OUR_ERRORS:
            status.update(label=t("stage_failed"), state="error")
            raise


def _said(turn: Turn) -> Earlier:
    """Return what a turn stored means to the questions after it."""
    try:
        return turn_of(from_json(turn.answer))
    except ValueError:  # of another version: its question alone still tells the topic
        return Earlier(turn.question)


def _draw(turn: Turn, place: str) -> None:
    cards.question(turn.question, place)
    try:
        answer = from_json(turn.answer)
    except ValueError:
        problems.show(t("answered_unreadable"))
        return
    cards.answer(answer)
    promoting.button(answer, str(turn.id))


def _welcome(opened: opener.Opened, *, missing: bool) -> None:
    st.title(t("ask_title"))
    st.markdown(t("chat_gone") if missing else t("ask_intro"))
    with problems.shown():
        running = opened.indexer.running
        if opened.base.status().generation == 0:
            st.info(t("nothing_indexed"))
            index_panel.draw(opened, running=running)


main()
