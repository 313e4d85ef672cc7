"""The map of the passages, with what the last question found."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

from kb.answer import Answer, from_json
from kb.errors import HistoryError
from kb.pages import charts, links, pieces, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.catalog.rows import Outline
    from kb.insight.passages import PassageMap
    from kb.pages.opener import Opened

_BY_FOLDER, _BY_TAG = "insight_by_folder", "insight_by_tag"
_TEXT_CHARS = 90


def draw(opened: Opened, found: PassageMap) -> None:
    """Draw the map, and the passage that was clicked."""
    if len(found.passages) < 2:
        st.info(t("insight_no_passages"))
        return
    pieces.quiet(t("insight_map_about"))
    by = colour_choice("map_colour")
    hits = _hits(opened, found)
    spec = charts.dots(
        _rows(found, by),
        hits,
        others=t("insight_other"),
    )
    state: Any = st.vega_lite_chart(
        spec,
        key=f"map_{found.generation}_{by}",
        on_select="rerun",
        selection_mode=charts.PICK,
        alt=t("insight_map_alt"),
    )
    if hits:
        pieces.quiet(t("insight_last"))
    row = picked(state, "row")
    if row is not None and int(row) < len(found.passages):
        with problems.shown():
            _passage(opened, found.passages[int(row)])


def colour_choice(key: str) -> str:
    """Draw the choice between folders and tags and return it."""
    chosen = st.segmented_control(
        t("insight_colour"),
        [_BY_FOLDER, _BY_TAG],
        default=_BY_FOLDER,
        required=True,
        format_func=t,
        key=key,
    )
    return chosen or _BY_FOLDER


def group(by: str, folder: str, tags: tuple[str, ...]) -> str:
    """Return the folder or the first tag, by which a dot is coloured."""
    name = folder if by == _BY_FOLDER else (tags[0] if tags else "")
    return name or t("insight_none")


def picked(state: Any, field: str) -> Any:  # noqa: ANN401  Streamlit's state has no type
    """Return the field of the dot that was clicked, None if none was."""
    points = (state or {}).get("selection", {}).get(charts.PICK) or []
    return points[0].get(field) if points else None


def _rows(found: PassageMap, by: str) -> list[charts.Row]:
    groups = charts.grouped(
        [group(by, each.folder, each.tags) for each in found.passages], t("insight_other")
    )
    return [
        {"row": row, "x": x, "y": y, "group": name, **_told(passage)}
        for row, (passage, name, (x, y)) in enumerate(
            zip(found.passages, groups, _rounded(found), strict=True)
        )
    ]


def _rounded(found: PassageMap) -> list[list[float]]:
    """Return places with no more digits than a screen shows."""
    return [[round(x, 4), round(y, 4)] for x, y in found.places.tolist()]


def _told(passage: Outline) -> dict[str, str]:
    title = " › ".join(part for part in (passage.title, passage.heading) if part)
    text = " ".join(passage.text.split())
    return {"title": links.shortened(title, _TEXT_CHARS), "text": f"{text[:_TEXT_CHARS]}…"}


def _hits(opened: Opened, found: PassageMap) -> list[charts.Row]:
    """Return what the last question found as rings, and itself in their middle."""
    answer = _last(opened)
    if answer is None:
        return []
    cited = [*answer.citations, *(near.citation for near in answer.nearest)]
    rows = [found.of(each.note, each.passage_start) for each in cited]
    places = _rounded(found)
    kept = [row for row in dict.fromkeys(rows) if row is not None]
    if not kept:
        return []
    hits: list[charts.Row] = [
        {"x": places[row][0], "y": places[row][1], **_told(found.passages[row])} for row in kept
    ]
    middle = {
        axis: sorted(each[axis] for each in hits)[len(hits) // 2] + 0.03 for axis in ("x", "y")
    }
    return [*hits, {"question": links.shortened(answer.question), **middle}]


def _last(opened: Opened) -> Answer | None:
    """Return the answer to this person's last question."""
    history = opened.base.history
    with suppress(HistoryError, ValueError):
        for chat in history.chats(1):
            for turn in reversed(history.turns(chat.id)):
                return from_json(turn.answer)
    return None


def _passage(opened: Opened, passage: Outline) -> None:
    source = opened.base.read_note(passage.note).source
    with st.container(border=True, gap="small"):
        pieces.quiet(t("insight_chosen"))
        pieces.words(source[passage.start : passage.end])
        title = " › ".join(part for part in (passage.title, passage.heading) if part)
        links.to_place(passage.note, title, passage.start, passage.end)
