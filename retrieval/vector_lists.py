"""Inverted lists: near vectors of a large base without looking at all of them.

IVF with 8-bit scalar quantisation: vectors lie in lists by their nearest centroid, one byte a
component, and a search looks into the lists whose centroids are nearest. The caller ranks what
comes out again by the exact vectors.
"""

from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.errors import RetrievalError

# Lists for n vectors: _LISTS × √n; k-means sees so many vectors for each list, so many times.
_LISTS = 4.0
_SAMPLE = 32
_ROUNDS = 6
# A search looks into PROBES × √lists of them, a sixth of the lists at 100,000 vectors.
PROBES = 6.0
_CHUNK = 16_384
# Its types know the C++ constructors only, not the Python ones.
_untyped: Any = faiss


class Stopped(RetrievalError):
    """Whoever asked for the lists does not want them any more."""


def train(vectors: NDArray[np.float16], stopped: Callable[[], bool]) -> Any:  # noqa: ANN401  faiss has no types
    """Put vectors into lists under their row numbers, in one thread; the same ones every time.

    :param vectors: unit length, shape ``(n, dimension)``, n at least 1; may lie on disk.
    :param stopped: asked every second or so.
    :raises Stopped: soon after ``stopped`` says so.
    """
    faiss.omp_set_num_threads(1)
    count, dimension = vectors.shape
    lists = min(count, max(1, round(_LISTS * count**0.5)))
    chosen = np.random.default_rng(0).permutation(count)[: lists * _SAMPLE]
    sample = vectors[np.sort(chosen)].astype(np.float32)  # (sample, dimension)
    index = _untyped.IndexIVFScalarQuantizer(
        _centroids(sample, lists, stopped),
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    index.train(sample)
    for start in range(0, count, _CHUNK):
        _check(stopped)
        index.add(vectors[start : start + _CHUNK].astype(np.float32))
    return index


def search(
    index: Any,  # noqa: ANN401  faiss has no types
    query: NDArray[np.float32],
    k: int,
    selector: Any | None,  # noqa: ANN401  faiss has no types
    share: float,
) -> NDArray[np.int64]:
    """Return up to ``k`` rows near a vector, in no order that counts.

    :param selector: of the rows that may be returned; all if None.
    :param share: of all rows that it lets through; the fewer, the more lists are looked into.
    """
    probes = min(index.nlist, round(PROBES * index.nlist**0.5 / max(share, 1e-9)))
    parameters = _untyped.SearchParametersIVF(sel=selector, nprobe=probes)
    _, rows = index.search(query[None], k, params=parameters)
    return rows[0][(rows[0] >= 0) & (rows[0] < index.ntotal)]


def _centroids(sample: NDArray[np.float32], lists: int, stopped: Callable[[], bool]) -> Any:  # noqa: ANN401
    """Cluster by k-means on the sphere, one round at a time so that it can be stopped."""
    dimension = sample.shape[1]
    clustering = _untyped.Clustering(dimension, lists)
    clustering.niter = 1
    clustering.spherical = True
    clustering.seed = 1
    clustering.min_points_per_centroid = 1  # do not warn of few vectors
    clustering.max_points_per_centroid = len(sample)  # take all of the sample
    quantizer = faiss.IndexFlatIP(dimension)
    for _ in range(_ROUNDS):
        _check(stopped)
        # Goes on from the centroids that it holds.
        clustering.train(sample, quantizer)
    return quantizer


def _check(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise Stopped("the search lists are not wanted any more")
