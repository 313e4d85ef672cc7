"""Insight: where the passages lie, how the notes hang together, what is asked, and health."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from kb.pages import index_panel, insight_asked, insight_map, insight_notes, opener, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.pages.opener import Opened

T = TypeVar("T")
_SECONDS = 0.7
_MAP, _GRAPH, _ASKED, _HEALTH = (
    "insight_map", "insight_graph", "insight_asked", "insight_health",
)  # fmt: skip


def main() -> None:
    """Draw the picture that is chosen."""
    opened = opener.opened()
    index_panel.follow(opened)
    st.title(t("page_insight"), anchor=False)
    parts = [_MAP, _GRAPH, *([_ASKED] if opened.person.may_write else []), _HEALTH]
    part = st.segmented_control(
        t("page_insight"),
        parts,
        default=_MAP,
        required=True,
        format_func=t,
        key="insight_part",
        label_visibility="collapsed",
    )
    with problems.shown():
        if opened.base.status().generation == 0:
            st.info(t("nothing_indexed"))
            return
        _part(opened, part or _MAP)


def _part(opened: Opened, part: str) -> None:
    insight = opened.base.insight
    if part == _MAP:
        _when_ready(insight.passages, lambda found: insight_map.draw(opened, found))
    elif part == _GRAPH:
        _when_ready(insight.notes, lambda found: insight_notes.draw(opened, found))
    elif part == _ASKED:
        _when_ready(insight.asking, lambda found: insight_asked.draw(opened, found))
    else:
        insight_asked.health(opened)


def _when_ready(get: Callable[[], tuple[T | None, bool]], draw: Callable[[T], None]) -> None:
    """Draw a picture, or that it is being computed; then the page is drawn again when it is."""
    found, coming = get()
    if coming:
        _watch(get, t("insight_drawing" if found is None else "insight_renewing"))
    if found is not None:
        draw(found)


@st.fragment(run_every=_SECONDS)
def _watch(get: Callable[[], tuple[object, bool]], label: str) -> None:
    if not get()[1]:
        st.rerun(scope="app")
    st.status(label, type="compact")


main()
