"""`NoteDigest`: what a note is about and what stands around it, from what is embedded already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.digest.summary import Sentence, summarize
from kb.digest.terms import Rarity, key_terms
from kb.errors import CatalogMissing
from kb.notes.linking import Backlink, backlinks

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.store.passage_store import PassageStore

_RELATED = 6
# Passages that are looked at for related notes; a long note has many alike.
_NEAREST = 120


@dataclass(frozen=True, slots=True)
class RelatedNote:
    """A note of similar meaning; ``score`` is the cosine of its nearest passage."""

    path: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Digest:
    """What a note is about; empty for one that is not indexed."""

    sentences: tuple[Sentence, ...] = ()
    terms: tuple[str, ...] = ()
    related: tuple[RelatedNote, ...] = ()


class NoteDigest:
    """Sums up notes; thread-safe.

    :param index: opens the indexes; asked only when they are needed.
    """

    def __init__(
        self, root: Path, catalog: Catalog, index: Callable[[], PassageStore], *, max_bytes: int
    ) -> None:
        self._root = root
        self._catalog = catalog
        self._index = index
        self._max_bytes = max_bytes

    def of(self, path: str) -> Digest:
        """Return what the note of a path is about, as it was indexed."""
        try:
            with self._catalog.view() as view:
                passages, stored = view.passages_of(path), view.vectors_of(path)
        except CatalogMissing:
            return Digest()
        if not passages or len(stored) != len(passages):
            return Digest()
        vectors = stored.astype(np.float32)
        index = self._index()
        rarity = Rarity(index.frequencies, len(index))
        headings = [passages[0].title, *dict.fromkeys(each.heading_line for each in passages)]
        terms = key_terms([each.text for each in passages], headings, rarity)
        sentences = summarize(passages, vectors, rarity)
        return Digest(tuple(sentences), tuple(terms), tuple(self._related(path, vectors, index)))

    def backlinks(self, path: str) -> list[Backlink]:
        """Return the links from other notes to the note of a path."""
        try:
            with self._catalog.view() as view:
                notes = view.note_names()
        except CatalogMissing:
            return []
        return backlinks(self._root, notes, path, max_bytes=self._max_bytes)

    def _related(
        self, path: str, vectors: NDArray[np.float32], index: PassageStore
    ) -> list[RelatedNote]:
        middle = vectors.mean(axis=0)
        length = float(np.linalg.norm(middle))
        if not length:
            return []
        hits = index.nearest(middle / length, _NEAREST + len(vectors))
        with self._catalog.view() as view:
            passages = view.passages_by_id([number for number, _ in hits])
        found: dict[str, RelatedNote] = {}
        for number, score in hits:
            passage = passages.get(number)
            if passage is not None and passage.note != path:
                found.setdefault(passage.note, RelatedNote(passage.note, passage.title, score))
        return list(found.values())[:_RELATED]
