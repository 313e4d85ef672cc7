"""What a base needs of the store of its passages, and how one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.config import Settings
    from kb.models import Models
    from retrieval.retriever import Hit
    from retrieval.scope import Scope


class PassageStore(Protocol):
    """Hybrid search over the passages of a catalogue; derived from it, thread-safe."""

    def search(self, question: str, k: int, scope: Scope | None = None) -> list[Hit]:
        """Return the best passages; an id may be gone from the catalogue by then."""
        ...

    def nearest(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a unit vector with their cosines, best first."""
        ...

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each index term."""
        ...

    def __len__(self) -> int:
        """Count the passages held."""
        ...

    def follow(self) -> None:
        """Become level with the catalogue; next to nothing when it is."""
        ...

    def settle(self) -> None:
        """Wait until the store has its best form; asking never needs it."""
        ...

    def close(self) -> None:
        """Close connections and stop what goes on in the background."""
        ...


def open_store(settings: Settings, catalog: Catalog, models: Models) -> PassageStore:
    """Open the store that the settings name.

    :raises ExtraMissing: if its packages are not installed.
    :raises StoreError: if it cannot be reached.
    """
    # A catalogue elsewhere is one that is only tried: it does not go where others search.
    if settings.store is None or catalog.path.parent != settings.data_folder:
        from kb.indexing.passage_index import PassageIndex

        return PassageIndex(catalog, models.encoder, models.lexical_weight, settings.engine)
    from kb.web.extras import require

    require("milvus")
    from kb.store.milvus.store import MilvusStore

    return MilvusStore.open(settings, catalog, models.encoder, models.lexical_weight)
