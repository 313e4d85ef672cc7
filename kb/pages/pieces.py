"""Small pieces of the pages, drawn as escaped HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import streamlit as st

from kb.pages.language import t

_HIGH, _MIDDLE = 0.75, 0.45


def heading(text: str) -> None:
    """Draw the words of a note as the heading of a page."""
    st.html(f'<h1 class="kb-heading">{escape(text)}</h1>')


def quiet(text: str, name: str = "") -> None:
    """Draw a line in small print."""
    st.html(f'<p class="kb-quiet {name}">{escape(text)}</p>')


def words(text: str, name: str = "", place: str = "") -> None:
    """Draw a text exactly as it is.

    :param place: the id that it has in the page.
    """
    at = f' id="{escape(place)}"' if place else ""
    st.html(f'<div class="kb-text {name}"{at}>{escape(text)}</div>')


def tags(names: Iterable[str]) -> None:
    """Draw tags, if there are any."""
    chips = "".join(f"<span>{escape(name)}</span>" for name in names)
    if chips:
        st.html(f'<div class="kb-tags">{chips}</div>')


def badges(texts: Iterable[str]) -> None:
    """Draw what an answer is marked with, if there is anything."""
    chips = "".join(f"<span>{escape(text)}</span>" for text in texts)
    if chips:
        st.html(f'<div class="kb-tags kb-badges">{chips}</div>')


def facts(values: Mapping[str, str]) -> None:
    """Draw names and what they stand for."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(each)}</dd>" for name, each in values.items()
    )
    st.html(f'<dl class="kb-facts">{rows}</dl>')


def path_list(items: Iterable[tuple[str, str]]) -> None:
    """Draw paths, each with a remark."""
    rows = "".join(f"<li><code>{escape(path)}</code> {escape(text)}</li>" for path, text in items)
    st.html(f'<ul class="kb-list">{rows}</ul>')


def confidence(value: float, extra: str = "") -> None:
    """Draw a confidence in words, as a bar and as a figure; its meaning unfolds."""
    value = round(value, 2)
    level = "high" if value >= _HIGH else "middle" if value >= _MIDDLE else "low"
    percent = f"{value:.0%}"
    tail = f" · {extra}" if extra else ""
    st.html(
        f'<details class="kb-why"><summary><span class="kb-confidence">'
        f'<span class="kb-meter" aria-hidden="true">'
        f'<span class="kb-{level}" style="width:{percent}"></span></span>'
        f"<span>{escape(t(f'confidence_{level}') + f' · {percent}{tail}')}</span></span></summary>"
        f'<p class="kb-quiet">{escape(t("confidence_help"))}</p></details>'
    )
