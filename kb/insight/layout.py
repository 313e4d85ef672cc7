"""Places things in a plane so that what is alike lies together.

Source of the forces: McInnes, Healy, Melville, "UMAP" (2018), with a = b = 1, all points at once
rather than one edge after the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

# Of a vector so many directions are compared: more say little of which passages are alike.
_DIRECTIONS = 32
_BLOCK = 1024
_EPOCHS = 160
_REPELLED = 6
_GRAVITY = 0.03
_SEED = 20261125


def principal(vectors: NDArray[np.float32], directions: int) -> NDArray[np.float32]:
    """Return vectors along the directions in which they differ most.

    :param vectors: shape ``(n, d)``.
    :return: shape ``(n, min(directions, d))``.
    """
    centred = vectors - vectors.mean(axis=0)
    # eigh gives the least first.
    _, axes = np.linalg.eigh(centred.T @ centred)  # (d, d)
    return centred @ axes[:, ::-1][:, :directions]


def nearest(points: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges from each point to the ``k`` others that are most like it, by cosine.

    :param points: shape ``(n, d)``.
    :return: where each edge begins and where it ends, shape ``(n * min(k, n - 1),)`` each.
    """
    count = len(points)
    k = min(k, count - 1)
    if k < 1:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    units = points / np.maximum(lengths, 1e-9)
    ends = np.empty((count, k), np.int64)
    for low in range(0, count, _BLOCK):
        cosines = units[low : low + _BLOCK] @ units.T  # (block, n)
        rows = np.arange(len(cosines))
        cosines[rows, low + rows] = -np.inf
        ends[low : low + _BLOCK] = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    return np.repeat(np.arange(count), k), ends.ravel()


def spread(
    start: Plane, begins: NDArray[np.int64], ends: NDArray[np.int64], epochs: int = _EPOCHS
) -> Plane:
    """Draw together what an edge joins and push apart what is near without one.

    :param start: where the points begin, shape ``(n, 2)``.
    :return: shape ``(n, 2)``; the same for the same input.
    """
    count = len(start)
    places = start * (10 / max(1e-6, float(np.abs(start).max(initial=0))))
    if count < 3:
        return places
    random = np.random.default_rng(_SEED)
    one = np.concatenate([begins, ends])
    other = np.concatenate([ends, begins])
    edges = np.maximum(1, np.bincount(one, minlength=count))[:, None]  # (n, 1)
    rows = np.tile(np.arange(count), _REPELLED)
    for epoch in range(epochs):
        apart = places[one] - places[other]  # (2m, 2)
        pull = -2 * apart / (1 + (apart**2).sum(axis=1, keepdims=True))
        strangers = random.integers(0, count, len(rows))
        gap = places[rows] - places[strangers]  # (n * repelled, 2)
        square = (gap**2).sum(axis=1, keepdims=True)
        push = np.clip(2 * gap / ((0.01 + square) * (1 + square)), -4, 4)
        step = _summed(one, pull, count) / edges + _summed(rows, push, count) / 2
        # Islands that no edge joins do not drift away.
        step -= _GRAVITY * places
        places = places + np.clip(step, -4, 4) * (1 - epoch / epochs)
    return places.astype(np.float32)


def plane(vectors: NDArray[np.float32], k: int = 12) -> Plane:
    """Place vectors so that neighbours stay neighbours.

    :param vectors: shape ``(n, d)``.
    :return: shape ``(n, 2)``, in the square from -1 to 1.
    """
    if len(vectors) < 3:
        return np.linspace((-0.5, 0), (0.5, 0), len(vectors), dtype=np.float32).reshape(-1, 2)
    main = principal(vectors, _DIRECTIONS)
    return squared(spread(main[:, :2], *nearest(main, k)))


def squared(places: Plane) -> Plane:
    """Fit places into the square from -1 to 1; the few far out are drawn in to its edge."""
    if not len(places):
        return places
    low, high = np.percentile(places, [0.5, 99.5], axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-6)
    return np.clip((places - middle) / half, -1.05, 1.05).astype(np.float32)


def _summed(rows: NDArray[np.int64], values: NDArray[np.float32], count: int) -> Plane:
    """Add up the values of each row, shape ``(count, 2)``."""
    sums = [np.bincount(rows, values[:, axis], minlength=count) for axis in (0, 1)]
    return np.stack(sums, axis=1).astype(np.float32)
