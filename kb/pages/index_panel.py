"""The button that indexes, its progress, and what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import pieces, problems
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.indexing.sync import IndexReport, Progress
    from kb.pages.indexer import Indexer
    from kb.pages.opener import Opened

_SECONDS = 0.5
_FOLLOW_SECONDS = 4.0
_MISSING = 5


def follow(opened: Opened) -> None:
    """Draw the page anew when what can be found has changed since."""
    _follow(opened.indexer, opened.indexer.changes)


@st.fragment(run_every=_FOLLOW_SECONDS)
def _follow(indexer: Indexer, seen: int) -> None:
    if indexer.changes != seen:
        st.rerun(scope="app")


def draw(opened: Opened, *, running: bool, offer: bool = True, rebuild: bool = False) -> None:
    """Draw how indexing stands.

    :param running: whether it ran before the page read the base: if it has ended since, what the
        page shows is old, and it is drawn again.
    :param offer: whether the button to begin is drawn when nothing runs.
    :param rebuild: whether making the index anew is offered too.
    """
    indexer = opened.indexer
    if not running:
        if offer and opened.person.may_write:
            _buttons(indexer, rebuild=rebuild)
        _outcome(indexer)
        follow(opened)
    else:
        _watch(indexer)


def _buttons(indexer: Indexer, *, rebuild: bool) -> None:
    with st.container(horizontal=True):
        if st.button(t("index_now"), type="primary", icon=":material/sync:", key="index_now"):
            indexer.start()
            st.rerun()
        label, about = t("rebuild"), t("rebuild_help")
        if rebuild and st.button(label, help=about, icon=":material/restart_alt:", key="rebuild"):
            indexer.start(rebuild=True)
            st.rerun()


def _outcome(indexer: Indexer) -> None:
    if indexer.error is not None:
        problems.show(problems.line(indexer.error))
    elif indexer.stopped:
        problems.show(t("index_stopped"))
    elif (report := indexer.news) is not None:
        st.success(_told(report), icon=":material/check_circle:")
    _missing(indexer)


def _missing(indexer: Indexer) -> None:
    """Say that most notes are gone at once, and ask whether that is meant so."""
    if indexer.report is None or not (missing := indexer.report.missing):
        return
    with st.container(border=True):
        st.warning(t("index_missing", count=len(missing)), icon=":material/folder_off:")
        pieces.path_list((path, "") for path in missing[:_MISSING])
        if st.button(t("index_forget"), icon=":material/delete_sweep:", key="index_forget"):
            indexer.start(forget_missing=True)
            st.rerun()


def _told(report: IndexReport) -> str:
    names = ("added", "changed", "renamed", "removed", "unchanged", "passages")
    counts = {name: getattr(report, name) for name in names}
    return t("index_report", **counts, seconds=f"{report.seconds:.1f}")


@st.fragment(run_every=_SECONDS)
def _watch(indexer: Indexer) -> None:
    if not indexer.running:
        st.rerun(scope="app")
    progress = indexer.progress
    st.progress(_share(progress), text=_stage(progress))


def _share(progress: Progress | None) -> float:
    if progress is None or progress.stage == "scanning" or not progress.total:
        return 0.0
    return min(1.0, progress.done / progress.total)


def _stage(progress: Progress | None) -> str:
    if progress is None:
        return t("index_busy")
    return t(f"index_{progress.stage}", done=progress.done, total=progress.total)
