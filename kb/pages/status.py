"""Index: what is in it, with which models, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import index_panel, opener, pieces, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.status import Status

_LISTED = 500


def main() -> None:
    """Draw the state of the index and the buttons that renew it."""
    opened = opener.opened()
    st.title(t("page_status"), anchor=False)
    running = opened.indexer.running
    try:
        status = opened.base.status()
    except problems.OUR_ERRORS as error:
        # A damaged index can be made anew from here.
        problems.show(problems.line(error))
        index_panel.draw(opened, running=running, rebuild=True)
        return
    _counts(status)
    index_panel.draw(opened, running=running, rebuild=True)
    _details(status)


def _counts(status: Status) -> None:
    names = {
        "notes_count": status.notes,
        "passages_count": status.passages,
        "questions_count": status.questions,
        "stale_count": status.stale,
    }
    with st.container(horizontal=True):
        for name, count in names.items():
            st.metric(t(name), f"{count:,}", border=True)
    if not status.stale and status.generation:
        pieces.quiet(t("up_to_date"))


def _details(status: Status) -> None:
    at = status.indexed_at
    pieces.facts(
        {
            t("folder"): status.folder,
            t("indexed_at"): f"{at:%Y-%m-%d %H:%M} UTC" if at else t("never"),
            t("encoder"): status.encoder,
            t("reader"): status.reader,
            t("size"): f"{status.size_bytes / 1024 / 1024:.1f} MiB",
        }
    )
    if status.skipped:
        st.subheader(t("skipped", count=len(status.skipped)), anchor=False)
        pieces.path_list((each.path, each.reason) for each in status.skipped[:_LISTED])
    if status.warnings:
        st.subheader(t("warnings", count=len(status.warnings)), anchor=False)
        pieces.path_list(status.warnings[:_LISTED])


main()
