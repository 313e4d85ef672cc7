"""The graph of the notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from kb.pages import charts, links, pieces
from kb.pages.insight_map import colour_choice, group, picked
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.insight.notes import NoteGraph
    from kb.pages.opener import Opened

_LABELLED = 30
_LABEL_CHARS = 24


def draw(_opened: Opened, found: NoteGraph) -> None:
    """Draw the graph, and a link to the note that was clicked."""
    if len(found.notes) < 2:
        st.info(t("insight_no_passages"))
        return
    pieces.quiet(t("insight_graph_about"))
    by = colour_choice("graph_colour")
    state: Any = st.vega_lite_chart(
        charts.network(_nodes(found, by), _edges(found), others=t("insight_other")),
        key=f"graph_{by}",
        on_select="rerun",
        selection_mode=charts.PICK,
        alt=t("insight_graph_alt"),
    )
    if found.left_out:
        pieces.quiet(t("insight_left_out", count=found.left_out))
    path = picked(state, "path")
    note = next((each for each in found.notes if each.path == path), None)
    if note is not None:
        links.to_note(note.path, note.title)


def _nodes(found: NoteGraph, by: str) -> list[charts.Row]:
    groups = charts.grouped(
        [group(by, each.folder, each.tags) for each in found.notes], t("insight_other")
    )
    most = sorted(found.notes, key=lambda each: -each.edges)[:_LABELLED]
    labelled = {each.path for each in most}
    return [
        {
            "path": each.path,
            "x": round(each.x, 4),
            "y": round(each.y, 4),
            "group": name,
            "title": links.shortened(each.title),
            "edges": each.edges,
            "label": links.shortened(each.title, _LABEL_CHARS) if each.path in labelled else "",
        }
        for each, name in zip(found.notes, groups, strict=True)
    ]


def _edges(found: NoteGraph) -> list[charts.Row]:
    return [
        {
            "x": round(found.notes[one].x, 4),
            "y": round(found.notes[one].y, 4),
            "x2": round(found.notes[other].x, 4),
            "y2": round(found.notes[other].y, 4),
            "link": kind == "link",
        }
        for one, other, kind in found.edges
    ]
