"""What is asked of the notes, and how the index is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import charts, links, pieces
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.insight.asking import Asking
    from kb.pages.opener import Opened


def draw(opened: Opened, found: Asking) -> None:
    """Draw questions over time, and the notes and gaps that they are about."""
    if not found.questions:
        st.info(t("insight_none_asked"))
        return
    share = f"{found.answered / found.questions:.0%}"
    _metrics(
        {
            "insight_asked_count": f"{found.questions:,}",
            "insight_answered_share": share,
            "insight_waiting_count": f"{sum(each.count for each in found.lacking):,}",
        }
    )
    st.subheader(t("insight_over_time"), anchor=False)
    names = (t("insight_answered"), t("insight_unanswered"))
    rows: list[charts.Row] = [
        {"day": each.day.isoformat(), "kind": name, "count": count}
        for each in found.days
        for name, count in zip(names, (each.answered, each.unanswered), strict=True)
        if count
    ]
    st.vega_lite_chart(charts.days(rows, names, t("insight_day")), alt=t("insight_over_time"))
    if found.notes:
        st.subheader(t("insight_most_asked"), anchor=False)
    titles = {note.path: note.title for note in opened.base.notes()}
    for path, count in found.notes:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(f"{count:,}", color="green")
            links.to_note(path, titles.get(path, path))
    st.subheader(t("insight_lacking"), anchor=False)
    if not found.lacking:
        pieces.quiet(t("insight_nothing_lacking"))
    for each in found.lacking:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(f"{each.count:,}", color="orange")
            links.to_waiting(each.turn, each.question)


def health(opened: Opened) -> None:
    """Draw how large the index is and what is wrong with it."""
    status = opened.base.status()
    review = len(opened.base.faq.entries(review=True))
    _metrics(
        {
            "notes_count": f"{status.notes:,}",
            "passages_count": f"{status.passages:,}",
            "insight_passages_a_note": f"{status.passages / max(1, status.notes):.1f}",
            "size": f"{status.size_bytes / 1024 / 1024:.1f} MiB",
        }
    )
    _metrics(
        {
            "stale_count": f"{status.stale:,}",
            "insight_unread": f"{len(status.skipped):,}",
            "insight_to_review": f"{review:,}",
            "questions_count": f"{status.questions:,}",
        }
    )
    links.to_page(links.STATUS, t("page_status"), ":material/database:")


def _metrics(values: dict[str, str]) -> None:
    with st.container(horizontal=True):
        for name, value in values.items():
            st.metric(t(name), value, border=True)
