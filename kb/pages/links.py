"""Links between the pages; their labels hold words of notes, which are never read as Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import pieces
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.answer import Citation
    from kb.reading import Place

HERE = Path(__file__).parent
CHAT = HERE / "chat.py"
NOTES = HERE / "notes.py"
NOTE = HERE / "note.py"
STATUS = HERE / "status.py"
INBOX = HERE / "inbox.py"
FAQ = HERE / "faq.py"
INSIGHT = HERE / "insight.py"

LABEL_CHARS = 120
SENTENCE_CHARS = 400
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """Return a text as Markdown that shows exactly it, on one line."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def shortened(text: str, limit: int = LABEL_CHARS) -> str:
    """Return a text, cut at the limit."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def place(citation: Citation) -> str:
    """Return where a citation stands, as "Title › Heading"."""
    return " › ".join(part for part in (citation.title, citation.heading) if part)


def to_citation(citation: Citation, gone: Collection[str] = ()) -> None:
    """Draw a link to the note of a citation, at its place.

    :param gone: notes that are no longer there; of these only that is said.
    """
    if citation.note in gone:
        pieces.quiet(t("note_gone", place=place(citation), note=citation.note))
        return
    _link(NOTE, place(citation), _parameters(citation), icon=":material/description:")


def to_note(path: str, title: str) -> None:
    """Draw a link to a note."""
    _link(NOTE, title, {"note": path}, icon=":material/description:")


def to_place(path: str, title: str, start: int, end: int) -> None:
    """Draw a link to a place of a note."""
    parameters = {"note": path, "start": str(start), "end": str(end)}
    _link(NOTE, title, parameters, icon=":material/description:")


def to_sentence(path: str, text: str, start: int, end: int) -> None:
    """Draw a sentence of a note as the link to its place."""
    parameters = {"note": path, "start": str(start), "end": str(end)}
    shown = plain(shortened(text, SENTENCE_CHARS)) or "…"
    icon = ":material/format_quote:"
    st.page_link(str(NOTE), label=shown, icon=icon, query_params=parameters)


def to_passage(path: str, place: Place, label: str, *, back: bool) -> None:
    """Draw a link to a passage beside the one that is open."""
    parameters = {"note": path, "start": str(place.start), "end": str(place.end)}
    icon = f":material/{'arrow_back' if back else 'arrow_forward'}:"
    _link(NOTE, label, parameters, icon=icon, form="{}")


def to_neighbour(path: str, title: str, *, current: bool) -> None:
    """Draw a link to a note beside others; the one that is open stands out."""
    form = "**{}**" if current else "{}"
    _link(NOTE, title, {"note": path}, icon=":material/description:", form=form)


def to_chat(chat: str, title: str, *, current: bool) -> None:
    """Draw a link to a chat."""
    icon = ":material/chat:" if current else ":material/chat_bubble:"
    _link(CHAT, title, {"chat": chat}, icon=icon, form="**{}**" if current else "{}")


def to_waiting(turn: int, question: str) -> None:
    """Draw a link to a question of the inbox."""
    _link(INBOX, question, {"turn": str(turn)}, icon=":material/help:")


def to_page(page: Path, label: str, icon: str) -> None:
    """Draw a link to a page as it opens by itself."""
    _link(page, label, {}, icon=icon, form="{}")


def _parameters(citation: Citation) -> dict[str, str]:
    return {"note": citation.note, "start": str(citation.start), "end": str(citation.end)}


def _link(
    page: Path, label: str, parameters: Mapping[str, str], *, icon: str, form: str = ":green[{}]"
) -> None:
    shown = plain(shortened(label)) or "…"
    st.page_link(
        str(page),
        label=form.format(shown),
        icon=icon,
        query_params=dict(parameters),
    )
