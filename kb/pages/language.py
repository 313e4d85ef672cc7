"""Which language the pages speak: as chosen, else as set, else as the browser asks."""

from __future__ import annotations

from typing import Literal, cast

import streamlit as st

from kb.pages.strings import LANGUAGES, Language, translate

_PARAMETER = "lang"
_CHOSEN = "language_chosen"
_SET = "language_set"


def adopt(setting: Literal["auto", "en", "zh"]) -> None:
    """Take over the setting and the language that the address names; keep it in the address."""
    st.session_state[_SET] = setting
    named = st.query_params.get(_PARAMETER)
    if _CHOSEN not in st.session_state and named in LANGUAGES:
        st.session_state[_CHOSEN] = named
    if _CHOSEN in st.session_state and named != st.session_state[_CHOSEN]:
        st.query_params[_PARAMETER] = st.session_state[_CHOSEN]


def current() -> Language:
    """Return the language of this session."""
    if _CHOSEN in st.session_state:
        return cast("Language", st.session_state[_CHOSEN])
    setting: str = st.session_state.get(_SET, "auto")
    if setting in LANGUAGES:
        return setting
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """Return a text of the pages in the session's language."""
    return translate(key, current(), **values)


def switch() -> None:
    """Draw the choice of the language."""
    st.segmented_control(
        t("language"),
        LANGUAGES,
        default=current(),
        required=True,
        format_func=lambda each: t(f"language_{each}"),
        key="language_switch",
        on_change=_choose,
        label_visibility="collapsed",
    )


def _choose() -> None:
    st.session_state[_CHOSEN] = st.session_state["language_switch"]
