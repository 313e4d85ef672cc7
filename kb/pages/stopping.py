"""A question that is stopped while it is asked: nothing of it is stored, and it can be asked again.

Streamlit ends a stopped run wherever it draws next, so only a later run can tell what became of it.
"""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2 import component

from kb.pages import cards, pieces, turn
from kb.pages.language import t

_ASKED = "asked_now"
# Draws the page anew once the run is stopped; until then the question would seem to be asked still.
_SCRIPT = """
const STOPS = '[data-testid="stChatInputStopButton"], [data-testid="stStatusWidget"] button'

export default function ({ setTriggerValue }) {
  const onClick = (event) => {
    if (event.target.closest?.(STOPS)) setTimeout(() => setTriggerValue("stopped", true), 50)
  }
  document.addEventListener("click", onClick, true)
  return () => document.removeEventListener("click", onClick, true)
}
"""


def enable() -> None:
    """Draw the page anew when a run is stopped."""
    component("kb_stopping", js=_SCRIPT)(key="stopping", on_stopped_change=lambda: None, height=1)


def begin(question: str, *, alone: bool) -> None:
    """Note that a question is asked from now on.

    :param alone: whether it is asked without its chat.
    """
    st.session_state[_ASKED] = (question, alone)


def end() -> None:
    """Note that the question was answered, or could not be."""
    st.session_state.pop(_ASKED, None)


def take() -> tuple[str, bool] | None:
    """Return the question whose run was stopped and whether it was asked alone, once."""
    return st.session_state.pop(_ASKED, None)


def draw(question: str, *, alone: bool) -> None:
    """Draw a question that was stopped, and the button that asks it again."""
    cards.question(question)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pieces.quiet(t("stopped"))
        st.button(
            t("ask_again"),
            icon=":material/replay:",
            type="tertiary",
            key="ask_stopped",
            on_click=turn.ask_next,
            args=(question,),
            kwargs={"alone": alone},
        )
