"""Why a question got its answer, and why a passage that one picks did not give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from kb.pages import cards, links, pieces, problems
from kb.pages.language import t
from retrieval.scope import Scope

if TYPE_CHECKING:
    from kb.answer import Answer
    from kb.explaining import Explanation, Weighed
    from kb.knowledge import KnowledgeBase
    from kb.storage.history import Turn

_LISTED = 20


def draw(base: KnowledgeBase, turn: Turn, answer: Answer) -> None:
    """Draw what search, reader and calibration made of the passages."""
    with problems.shown():
        found = base.explain(answer.asked_as or answer.question, scope_of(turn))
        _told(found, answer)
        if found.passages:
            _table(found)
            _picked(found)


def scope_of(turn: Turn) -> Scope | None:
    """Return where a turn looked, None for everywhere."""
    stored = turn.answer.get("scope") or {}
    scope = Scope(tuple(stored.get("tags", ())), tuple(stored.get("folders", ())))
    return scope if scope else None


def _told(found: Explanation, answer: Answer) -> None:
    """Say in a sentence or two what decided."""
    pieces.quiet(t("why_asked", question=found.asked))
    best = found.passages[0] if found.passages else None
    if found.entry is not None:
        pieces.words(t("why_entry", question=found.entry))
    elif best is None:
        pieces.words(t("no_passages"))
    elif best.reason == "answers":
        pieces.words(t("why_answers", **_percents(found, best)))
    else:
        pieces.words(t("why_none", **_percents(found, best)))
    now = best is not None and best.reason == "answers"
    if answer.kind != "faq" and found.entry is None and now != (answer.text is not None):
        st.info(t("why_changed"))


def _percents(found: Explanation, each: Weighed) -> dict[str, str]:
    return {
        "confidence": f"{each.confidence or 0:.0%}",
        "threshold": f"{found.threshold:.0%}",
        "no_answer": "–" if each.no_answer is None else f"{each.no_answer:.0%}",
    }


def _table(found: Explanation) -> None:
    rows = [
        {
            t("why_place"): links.place(each.citation),
            t("why_dense"): each.dense,
            t("why_lexical"): each.lexical,
            t("why_search"): each.score,
            t("why_reader"): each.reader,
            t("why_no_answer"): each.no_answer,
            t("why_confidence"): each.confidence,
        }
        for each in found.passages[:_LISTED]
    ]
    number, share = "%.2f", "percent"
    formats = {
        "why_dense": number,
        "why_lexical": number,
        "why_search": number,
        "why_reader": number,
        "why_no_answer": share,
        "why_confidence": share,
    }
    columns = {
        t(name): st.column_config.NumberColumn(format=each, help=t(f"{name}_help"))
        for name, each in formats.items()
    }
    # The place leaves room for the figures on a narrow screen.
    columns |= {t("why_place"): st.column_config.TextColumn(width="medium")}
    st.dataframe(rows, hide_index=True, column_config=columns, height=240, placeholder="–")


def _picked(found: Explanation) -> None:
    """Draw why the passage that one picks is or is not the answer."""
    shown = found.passages[:_LISTED]
    at = st.selectbox(
        t("why_pick"),
        range(len(shown)),
        format_func=lambda i: f"{i + 1}. {links.place(shown[i].citation)}",
        key="why_pick",
    )
    each = shown[at]
    if found.entry is not None:
        reason = t("why_entry_first")
    else:
        values = {**_percents(found, each), "rank": each.rank, "read": found.read}
        reason = t(f"why_reason_{each.reason}", **values)
    pieces.words(reason)
    if each.reader is None:
        cards.passage(each.citation.passage)
    else:
        cards.excerpt(each.citation)
    links.to_citation(each.citation)
