"""Where the passages of a base lie in a plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.insight.layout import Plane, plane
from retrieval.language import detect_language

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.catalog.rows import Outline


@dataclass(frozen=True, slots=True)
class PassageMap:
    """Passages and their places.

    :param vectors: of unit length, without what is common to all of their language,
        shape ``(n, d)``.
    :param places: in the square from -1 to 1, shape ``(n, 2)``.
    """

    generation: int
    passages: tuple[Outline, ...]
    vectors: NDArray[np.float32]
    places: Plane

    def of(self, note: str, start: int) -> int | None:
        """Return the row of the passage that holds a place of a note, None if there is none."""
        held = (
            row
            for row, each in enumerate(self.passages)
            if each.note == note and each.start <= start < max(each.end, each.start + 1)
        )
        return next(held, None)


def passage_map(catalog: Catalog) -> PassageMap:
    """Compute the map of a catalogue as it is now."""
    with catalog.view() as view:
        generation = view.generation()
        ids, vectors = view.vectors()
        outlines = view.outlines()
    rows = [row for row, each in enumerate(ids.tolist()) if each in outlines]
    passages = tuple(outlines[ids[row]] for row in rows)
    apart = without_language(vectors[rows].astype(np.float32), [each.text for each in passages])
    return PassageMap(generation, passages, apart, plane(apart))


def without_language(vectors: NDArray[np.float32], texts: list[str]) -> NDArray[np.float32]:
    """Take out of vectors what is common to all of their language.

    Otherwise the map shows two lands, a language each, and not what the passages are about.

    :param vectors: shape ``(n, d)``.
    :return: of unit length, shape ``(n, d)``.
    """
    chinese = np.array([detect_language(text) == "zh" for text in texts], np.bool_)
    apart = vectors.copy()
    for group in (chinese, ~chinese):
        if group.sum() > 1:
            apart[group] -= vectors[group].mean(axis=0)
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    return apart / np.maximum(lengths, 1e-9)
