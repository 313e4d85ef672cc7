"""What can be done with an answer: copy it, ask why, judge it, ask again in other words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import copying, pieces, problems, promoting, why
from kb.pages.language import t
from kb.quoting import answer_markdown

if TYPE_CHECKING:
    from kb.answer import Answer
    from kb.knowledge import KnowledgeBase
    from kb.storage.history import History, Turn, Verdict

_VERDICTS: tuple[Verdict, Verdict] = ("down", "up")
_NEXT = "ask_next"


def ask_next(question: str, *, alone: bool = True) -> None:
    """Ask a question in the next run, as if it had been typed.

    :param alone: without what was said before it in the chat.
    """
    st.session_state[_NEXT] = (question, alone)


def asked_next() -> tuple[str, bool] | None:
    """Return the question that is to be asked now, once, and whether alone."""
    return st.session_state.pop(_NEXT, None)


def full_words(turn: Turn, full: str) -> None:
    """Draw how a follow-up was understood, with a form to ask it in better words."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pieces.quiet(t("asked_as", question=full))
        key = f"edit_{turn.id}"
        if st.button(t("asked_as_edit"), icon=":material/edit:", type="tertiary", key=key):
            st.dialog(t("asked_as_edit"))(_better_words)(turn, full)


def _better_words(turn: Turn, full: str) -> None:
    with st.form(f"words_{turn.id}", border=False):
        key = f"full_{turn.id}"
        st.text_input(t("asked_as_words"), full, key=key)
        if st.form_submit_button(t("ask_again"), type="primary", on_click=_ask_words, args=(key,)):
            st.rerun()


def _ask_words(key: str) -> None:
    if words := str(st.session_state[key]).strip():
        ask_next(words)


def actions(base: KnowledgeBase, turn: Turn, answer: Answer) -> None:
    """Draw what can be done with an answer."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _verdict(base.history, turn)
        if answer.text is not None:
            copying.button(answer_markdown(answer), t("copy"), t("copied"))
        if st.button(t("why"), key=f"why_{turn.id}", type="tertiary", icon=":material/help:"):
            st.dialog(t("why"), width="medium")(why.draw)(base, turn, answer)
        promoting.button(answer, str(turn.id))
    if turn.verdict == "down":
        _right_answer(base.history, turn)


def _verdict(history: History, turn: Turn) -> None:
    key = f"verdict_{turn.id}"

    def judged() -> None:
        chosen: int | None = st.session_state[key]
        with problems.shown():
            verdict = None if chosen is None else _VERDICTS[chosen]
            history.feedback(turn.id, verdict, turn.right_answer if verdict == "down" else None)

    before = None if turn.verdict is None else _VERDICTS.index(turn.verdict)
    st.feedback("thumbs", key=key, default=before, on_change=judged)


def _right_answer(history: History, turn: Turn) -> None:
    with st.form(f"right_{turn.id}", border=False):
        text = st.text_input(
            t("right_answer"), turn.right_answer or "", max_chars=2000, key=f"right_text_{turn.id}"
        )
        if st.form_submit_button(t("save")):
            with problems.shown():
                history.feedback(turn.id, "down", text.strip() or None)
                st.rerun()
    pieces.quiet(t("right_answer_kept") if turn.right_answer else t("right_answer_help"))
