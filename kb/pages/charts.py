"""Vega-Lite charts of the pages, readable on light and on dark ground alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

PICK = "pick"
# Of middling lightness, and told apart by most who see few colours; the last is for the rest.
COLOURS: Final = (
    "#4c78a8", "#f58518", "#54a24b", "#e45756", "#b279a2",
    "#1fa3a3", "#c9a227", "#9d755d", "#f277a9", "#8a8f98",
)  # fmt: skip
ACCENT, WARNING, QUIET = "#2e9e6b", "#d0574a", "#8a8f98"
_RING = "#d62f6f"
_MOST_SHAPES = 1500
_NO_AXIS = {"axis": None, "scale": {"domain": [-1.15, 1.15], "nice": False}}

Spec = dict[str, Any]
Row = dict[str, Any]


def grouped(names: Sequence[str], others: str) -> list[str]:
    """Return the names with all but the most frequent ones replaced, so that colours suffice."""
    most = [name for name, _ in Counter(names).most_common(len(COLOURS))]
    kept = set(most if len(most) < len(COLOURS) else most[:-1])
    return [name if name in kept else others for name in names]


def dots(rows: Sequence[Row], hits: Sequence[Row], *, others: str, height: int = 560) -> Spec:
    """Draw passages as dots that can be clicked, and what a question found as rings.

    :param rows: with ``row``, ``x``, ``y``, ``group``, ``title`` and ``text``.
    :param hits: the same; ``question`` marks the question itself.
    """
    size = max(12, min(90, 60_000 // max(1, len(rows))))
    layers: list[Spec] = [
        {
            "data": {"values": list(rows)},
            "params": [_zoom(), _pick("row")],
            "mark": {"type": "circle", "opacity": 0.75, "cursor": "pointer", "size": size},
            "encoding": {**_place(), "color": _groups(rows, others), **_told("title", "text")},
        }
    ]
    if hits:
        found = [each for each in hits if "question" not in each]
        asked = [each for each in hits if "question" in each]
        layers += [
            {
                "data": {"values": found},
                "mark": {"type": "point", "size": 190, "stroke": _RING, "strokeWidth": 2.5},
                "encoding": {**_place(), **_told("title", "text")},
            },
            {
                "data": {"values": asked},
                "mark": {
                    "type": "point", "shape": "diamond", "size": 230, "filled": True,
                    "fill": _RING, "stroke": "white", "strokeWidth": 1.5, "opacity": 1,
                },
                "encoding": {**_place(), **_told("question")},
            },
        ]  # fmt: skip
    # Thousands of dots are drawn as pixels; few as shapes, which are sharper.
    renderer = {"renderer": "canvas" if len(rows) > _MOST_SHAPES else "svg"}
    return {
        "height": height,
        "layer": layers,
        "config": {"view": {"stroke": None}},
        "usermeta": {"embedOptions": renderer},
    }


def network(nodes: Sequence[Row], edges: Sequence[Row], *, others: str, height: int = 560) -> Spec:
    """Draw notes that can be clicked, joined by lines.

    :param nodes: with ``path``, ``x``, ``y``, ``group``, ``title``, ``edges`` and ``label``.
    :param edges: with ``x``, ``y``, ``x2``, ``y2`` and ``link``, whether it is one.
    """
    line = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    by_link = {"condition": {"test": "datum.link", "value": 0.55}, "value": 0.25}
    width = {"condition": {"test": "datum.link", "value": 1.6}, "value": 0.8}
    layers: list[Spec] = [
        {
            "data": {"values": list(edges)},
            "mark": {"type": "rule", "color": QUIET},
            "encoding": {**_place(), **line, "opacity": by_link, "strokeWidth": width},
        },
        {
            "data": {"values": list(nodes)},
            "params": [_zoom(), _pick("path")],
            "mark": {"type": "circle", "opacity": 0.9, "cursor": "pointer"},
            "encoding": {
                **_place(),
                "color": _groups(nodes, others),
                "size": {
                    "field": "edges",
                    "type": "quantitative",
                    "scale": {"range": [50, 320]},
                    "legend": None,
                },
                **_told("title", "path"),
            },
        },
        {
            "data": {"values": [each for each in nodes if each["label"]]},
            "mark": {"type": "text", "dy": -13, "fontSize": 11, "limit": 150, "color": QUIET},
            "encoding": {**_place(), "text": {"field": "label"}},
        },
    ]
    return {"height": height, "layer": layers, "config": {"view": {"stroke": None}}}


def days(rows: Sequence[Row], names: tuple[str, str], title: str) -> Spec:
    """Draw the questions of each day, answered or not.

    :param rows: with ``day`` (ISO 8601), ``kind`` (one of ``names``) and ``count``.
    """
    return {
        "height": 240,
        "data": {"values": list(rows)},
        "mark": {"type": "bar", "cornerRadius": 2, "width": {"band": 0.7}},
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "title": title, "axis": {"labelAngle": 0}},
            "y": {
                "field": "count",
                "type": "quantitative",
                "title": None,
                "axis": {"tickMinStep": 1, "format": "d"},
            },
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": list(names), "range": [ACCENT, WARNING]},
                "legend": {"title": None, "orient": "top"},
            },
            **_told("day", "kind", "count"),
        },
    }


def _groups(rows: Sequence[Row], others: str) -> Spec:
    counts = Counter(str(each["group"]) for each in rows)
    names = [name for name, _ in counts.most_common() if name != others]
    colours = list(COLOURS[: len(names)])
    if others in counts:
        names, colours = [*names, others], [*colours, COLOURS[-1]]
    return {
        "field": "group",
        "type": "nominal",
        "scale": {"domain": names, "range": colours},
        "legend": {"title": None, "orient": "bottom", "columns": 2, "labelLimit": 150},
    }


def _place() -> Spec:
    return {
        "x": {"field": "x", "type": "quantitative", **_NO_AXIS},
        "y": {"field": "y", "type": "quantitative", **_NO_AXIS},
    }


def _told(*fields: str) -> Spec:
    """Show fields of what the pointer is on, without their names."""
    return {"tooltip": [{"field": each, "type": "nominal", "title": " "} for each in fields]}


def _pick(field: str) -> Spec:
    return {"name": PICK, "select": {"type": "point", "fields": [field], "toggle": False}}


def _zoom() -> Spec:
    return {"name": "zoom", "select": "interval", "bind": "scales"}
