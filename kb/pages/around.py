"""What a note is about, and the notes around it: related ones, and those that link to it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import links, pieces
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.digest.digest import Digest
    from kb.notes.linking import Backlink
    from kb.notes.source import NoteSource
    from kb.pages.opener import Opened

_HELD = "note_around"
_LISTED = 30


def in_short(opened: Opened, note: NoteSource, *, expanded: bool) -> None:
    """Draw the sentences that say most, each a link to its place, and the key terms."""
    digest, _ = _found(opened, note)
    if not digest.sentences and not digest.terms:
        return
    with st.expander(t("in_short"), expanded=expanded, icon=":material/short_text:"):
        with st.container(key="kb_in_short", gap="xsmall"):
            for each in digest.sentences:
                links.to_sentence(note.path, each.text, each.start, each.end)
        pieces.tags(digest.terms)


def others(opened: Opened, note: NoteSource) -> None:
    """Draw related notes and the links from other notes."""
    digest, back = _found(opened, note)
    if not digest.related and not back:
        return
    st.divider()
    related, linking = st.columns(2, gap="medium")
    with related, st.container(gap="xsmall"):
        st.subheader(t("related"), anchor=False)
        for each in digest.related:
            links.to_neighbour(each.path, each.title, current=False)
    with linking, st.container(gap="xsmall"):
        st.subheader(t("backlinks"), anchor=False)
        if not back:
            pieces.quiet(t("backlinks_none"))
        for path, each in groupby(back[:_LISTED], key=lambda link: link.path):
            first, *more = each
            links.to_neighbour(path, first.title, current=False)
            extra = f" (+{len(more)})" if more else ""
            pieces.quiet(first.line + extra, "kb-under")


def _found(opened: Opened, note: NoteSource) -> tuple[Digest, list[Backlink]]:
    """Work it out once, as long as neither the note nor the index changes."""
    asked = (note.path, note.version, opened.indexer.changes)
    held: tuple[object, Digest, list[Backlink]] | None = st.session_state.get(_HELD)
    if held is None or held[0] != asked:
        digest = opened.base.digest
        held = (asked, digest.of(note.path), digest.backlinks(note.path))
        st.session_state[_HELD] = held
    return held[1], held[2]
