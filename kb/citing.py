"""A place in a passage, as it is cited."""

from __future__ import annotations

from kb.answer import Citation
from kb.catalog.rows import StoredPassage


def citation(passage: StoredPassage, start: int, end: int) -> Citation:
    """Return the citation of a place in a passage's clean text."""
    low, high = passage.source_map.to_source(start, end)
    return Citation(
        note=passage.note,
        title=passage.title,
        heading=passage.heading_line,
        start=low,
        end=high,
        passage=passage.text,
        passage_start=passage.start,
        passage_end=passage.end,
        answer_start=start,
        answer_end=end,
    )
