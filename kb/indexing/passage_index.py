"""The two indexes derived from the catalogue, kept level with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.indexing.dense_index import DenseIndex, Engine
from retrieval import index_stamp
from retrieval.errors import IndexDamaged, RetrievalError
from retrieval.lexical import LexicalIndex
from retrieval.retriever import Hit, Retriever

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.catalog.view import CatalogView
    from retrieval.encoder import Encoder
    from retrieval.scope import Scope

LEXICAL_FOLDER = "lexical"


class PassageIndex:
    """Searches the passages of a catalogue as of its newest generation.

    The lexical index lies on disk beside it and is caught up by whoever comes first; of the
    vectors see `DenseIndex`. Neither embeds anything.
    """

    def __init__(
        self,
        catalog: Catalog,
        encoder: Encoder,
        lexical_weight: float | None = None,
        engine: Engine = "auto",
    ) -> None:
        """Make both indexes level with the catalogue.

        :param lexical_weight: see `Retriever`.
        :param engine: see `DenseIndex`.
        :raises CatalogMissing: if there is no catalogue.
        :raises EncoderChanged: if another encoder made it.
        """
        self._catalog = catalog
        self._encoder = encoder
        self._lexical_weight = lexical_weight
        self._level = threading.Lock()
        self._folder = catalog.path.parent / LEXICAL_FOLDER
        self._lexical = LexicalIndex(self._folder)
        self._dense = DenseIndex(catalog, encoder, engine)
        self._retriever = Retriever(encoder, self._dense.vectors, self._lexical, lexical_weight)
        self.follow()

    def search(self, question: str, k: int, scope: Scope | None = None) -> list[Hit]:
        """Return the best passages of the newest generation.

        An id may be gone from the catalogue by the time it is looked up there.
        """
        self.follow()
        allowed: NDArray[np.int64] | None = None
        if scope:
            with self._catalog.view() as view:
                allowed = view.ids_in_scope(scope)
        return self._retriever.search(question, k, scope, allowed)

    def __len__(self) -> int:
        return len(self._dense.vectors)

    def nearest(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a unit vector with their cosines, best first.

        :param vector: shape ``(dimension,)``.
        """
        self.follow()
        return self._dense.vectors.search(vector, k)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each index term."""
        return self._lexical.frequencies(terms)

    def follow(self) -> None:
        """Take over what changed in the catalogue; next to nothing when nothing did."""
        with self._catalog.view() as view:
            newest = view.generation(), view.state()
            dense = self._dense.generation, self._dense.state
            level = newest == dense == (self._lexical.generation, self._lexical.state)
            if level and not self._dense.has_news:
                self._dense.tend()
                return
        with self._level:
            self._catalog.require_encoder(self._encoder.fingerprint)
            with self._catalog.view() as view:
                self._dense.follow(view)
                self._follow_lexical(view)

    def settle(self) -> None:
        """Wait until both have their best form; asking never needs it."""
        self._dense.settle()
        self.follow()

    def close(self) -> None:
        """Stop what goes on in the background."""
        self._dense.close()

    def _follow_lexical(self, view: CatalogView) -> None:
        try:
            self._lexical.refresh()
        except IndexDamaged:
            self._open_lexical()
        reflected = self._lexical.generation, self._lexical.state
        newest = view.state()
        if reflected == (view.generation(), newest):
            return
        changes = view.changes_since(*reflected)
        if changes.reset and self._lexical.generation:  # at 0 it is filled from nothing anyway
            index_stamp.remove(self._folder)
            self._open_lexical()
        try:
            self._lexical.update(
                changes.removed.tolist(), changes.entries, changes.generation, newest
            )
        except IndexDamaged:
            self._open_lexical()
            changes = view.changes_since(0)
            self._lexical.update([], changes.entries, changes.generation, newest)
        except RetrievalError:
            # Another process is catching it up, or the folder is read-only: what is there serves
            # meanwhile, and ids that are gone are left out where they are looked up.
            self._lexical.refresh()

    def _open_lexical(self) -> None:
        """Begin with an empty lexical index: opening one that is lost starts it over."""
        self._lexical = LexicalIndex(self._folder)
        self._retriever = Retriever(
            self._encoder, self._dense.vectors, self._lexical, self._lexical_weight
        )
