"""Dense and lexical search merged into one ranking."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import convex_combination, reciprocal_rank_fusion
from retrieval.scope import Scope

if TYPE_CHECKING:  # what is handed in; importing it here would load FAISS
    from retrieval.encoder import Encoder
    from retrieval.lexical import LexicalIndex

# How many each side offers to the fusion; ranks beyond hardly change the first ten.
DEPTH = 100
# What a unit of BM25 adds to the bundled encoder's cosine; fitted, see docs/ranking.md.
LEXICAL_WEIGHT = 0.005


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    :param score: the fused one, higher is better; comparable within one search only.
    :param dense: cosine with the question; None if the passage has no vector.
    :param lexical: BM25; None if the lexical side did not offer the passage.
    :param dense_rank: place among what the dense side offered, from 1.
    :param lexical_rank: place among what the lexical side offered, from 1.
    """

    id: int
    score: float
    dense: float | None
    lexical: float | None
    dense_rank: int | None
    lexical_rank: int | None


class Vectors(Protocol):
    """What the retriever needs of an index of vectors."""

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` ids nearest to a unit vector with their cosines, best first."""
        ...

    def scores(self, vector: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine with each of ``ids``, NaN where one is not present."""
        ...


class Retriever:
    """Search by meaning and by words at once, over the same passages.

    :param lexical_weight: what a unit of BM25 adds to the cosine. None merges by rank instead: for
        an encoder whose cosines nobody fitted.
    """

    def __init__(
        self,
        encoder: "Encoder",
        vectors: Vectors,
        lexical: "LexicalIndex",
        lexical_weight: float | None = None,
    ) -> None:
        self._encoder = encoder
        self._lexical_weight = lexical_weight
        self._vectors = vectors
        self._lexical = lexical

    def search(
        self,
        question: str,
        k: int,
        scope: Scope | None = None,
        allowed: NDArray[np.int64] | None = None,
    ) -> list[Hit]:
        """Return the ``k`` best passages, best first; the same index gives the same list.

        :param scope: limits the lexical side inside its search.
        :param allowed: the ids inside ``scope``, or a smaller choice; limits both sides.
        :raises ValueError: if a scope comes without the ids it allows: the vectors know no folders.
        """
        if scope and allowed is None:
            raise ValueError("a search within a scope needs the ids that the scope allows")
        if k <= 0 or not question.strip():
            return []
        depth = max(k, DEPTH)
        query = self._encoder.encode_queries([question])[0]  # (dimension,)
        dense = self._vectors.search(query, depth, allowed)
        lexical = self._lexical.search(question, depth, scope)
        if allowed is not None:
            lexical = _only(lexical, allowed)
        bm25 = dict(lexical)
        offered = list(dict.fromkeys([id_ for id_, _ in dense] + list(bm25)))
        similar = self._vectors.scores(query, np.array(offered, np.int64))
        cosines = {
            id_: None if np.isnan(cosine) else float(cosine)
            for id_, cosine in zip(offered, similar, strict=True)
        }
        if self._lexical_weight is None:
            fused = reciprocal_rank_fusion([[id_ for id_, _ in dense], list(bm25)])
        else:
            fused = convex_combination(
                [{id_: known for id_, known in cosines.items() if known is not None}, bm25],
                [1.0, self._lexical_weight],
            )
        return _hits(fused[:k], cosines, dense, lexical)


def _only(ranking: list[tuple[int, float]], allowed: NDArray[np.int64]) -> list[tuple[int, float]]:
    inside = np.isin(np.array([id_ for id_, _ in ranking], np.int64), allowed)
    return [entry for entry, keep in zip(ranking, inside, strict=True) if keep]


def _hits(
    fused: list[tuple[int, float]],
    cosines: dict[int, float | None],
    dense: list[tuple[int, float]],
    lexical: list[tuple[int, float]],
) -> list[Hit]:
    dense_ranks = {id_: rank for rank, (id_, _) in enumerate(dense, start=1)}
    lexical_ranks = {id_: rank for rank, (id_, _) in enumerate(lexical, start=1)}
    bm25 = dict(lexical)
    return [
        Hit(
            id=id_,
            score=score,
            dense=cosines[id_],
            lexical=bm25.get(id_),
            dense_rank=dense_ranks.get(id_),
            lexical_rank=lexical_ranks.get(id_),
        )
        for id_, score in fused
    ]
