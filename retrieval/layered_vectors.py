"""Vectors in two layers: a snapshot on disk and what changed since, in memory."""

import threading

import numpy as np
from numpy.typing import NDArray

from retrieval.vector_snapshot import Snapshot
from retrieval.vectors import VectorIndex


class _Layers:
    """What a search looks through; the snapshot never changes, the rest does."""

    def __init__(self, dimension: int, snapshot: Snapshot | None) -> None:
        self.snapshot = snapshot
        self.fresh = VectorIndex(dimension)
        # Which rows of the snapshot still count; None while all do. Replaced, never changed.
        self.alive: NDArray[np.bool_] | None = None
        self.removed = 0


class LayeredVectors:
    """Unit vectors under ids, safe to search while another thread changes them.

    An id that was removed must not come again with another vector.
    """

    def __init__(self, dimension: int, snapshot: Snapshot | None = None) -> None:
        """Take the vectors of a snapshot, or none.

        :raises ValueError: if ``dimension`` is not positive.
        """
        self.dimension = dimension
        self._layers = _Layers(dimension, snapshot)
        self._changing = threading.Lock()

    def __len__(self) -> int:
        layers = self._layers
        return len(layers.snapshot or ()) - layers.removed + len(layers.fresh)

    @property
    def snapshot(self) -> Snapshot | None:
        """The layer on disk."""
        return self._layers.snapshot

    @property
    def changes(self) -> int:
        """How many vectors were added or removed since the snapshot."""
        return self._layers.removed + len(self._layers.fresh)

    def begin(self, snapshot: Snapshot | None) -> None:
        """Hold what a snapshot holds, or nothing, from now on."""
        self._layers = _Layers(self.dimension, snapshot)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float16 | np.float32]) -> None:
        """Add vectors; those that are present are left as they are.

        :param vectors: unit length, shape ``(len(ids), dimension)``.
        :raises ValueError: if shapes do not fit, or an id comes twice.
        """
        with self._changing:
            layers = self._layers
            if layers.snapshot is not None:
                new = ~layers.snapshot.rows(np.asarray(ids, np.int64))[1]
                ids, vectors = ids[new], vectors[new]
            layers.fresh.add(ids, vectors)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove what is present of ``ids``."""
        ids = np.asarray(ids, np.int64)
        with self._changing:
            layers = self._layers
            layers.fresh.remove(ids)
            if layers.snapshot is None:
                return
            rows, present = layers.snapshot.rows(ids)
            if present.any():
                alive = _all(layers.snapshot) if layers.alive is None else layers.alive.copy()
                alive[rows[present]] = False
                layers.alive = alive
                layers.removed = len(alive) - int(np.count_nonzero(alive))

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` ids nearest to a unit vector with their cosines, best first.

        :param vector: shape ``(dimension,)``.
        :param allowed: the ids to choose from; all if None.
        """
        layers = self._layers
        found = layers.fresh.search(vector, k, allowed)
        if layers.snapshot is not None and k > 0:
            query = np.ascontiguousarray(vector, np.float32)
            chosen = _chosen(layers.snapshot, layers.alive, allowed)
            ids, cosines = layers.snapshot.search(query, k, chosen)
            found += zip(ids.tolist(), cosines.tolist(), strict=True)
        return sorted(found, key=lambda item: (-item[1], item[0]))[: max(k, 0)]

    def scores(self, vector: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine of a unit vector with each of ``ids``, NaN where one is not present.

        :return: shape ``(len(ids),)``.
        """
        layers = self._layers
        wanted = np.asarray(ids, np.int64)
        result = layers.fresh.scores(vector, wanted)
        if layers.snapshot is not None:
            rows, present = layers.snapshot.rows(wanted)
            if layers.alive is not None:
                present &= layers.alive[rows]
            query = np.ascontiguousarray(vector, np.float32)
            result[present] = layers.snapshot.cosines(query, rows[present])
        return result


def _all(snapshot: Snapshot) -> NDArray[np.bool_]:
    return np.ones(len(snapshot), np.bool_)


def _chosen(
    snapshot: Snapshot, alive: NDArray[np.bool_] | None, allowed: NDArray[np.int64] | None
) -> NDArray[np.bool_] | None:
    """Return which rows may be found, None for all."""
    if allowed is None:
        return alive
    rows, present = snapshot.rows(np.asarray(allowed, np.int64))
    chosen = np.zeros(len(snapshot), np.bool_)
    chosen[rows[present]] = True
    return chosen if alive is None else chosen & alive
