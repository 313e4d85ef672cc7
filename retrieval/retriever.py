"""Dense and lexical search merged into one ranking."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrieval.centring import Centres
from retrieval.crossing import Crossing, crossing, held, moved, similarities
from retrieval.fusion import convex_combination, make_room, reciprocal_rank_fusion
from retrieval.language import Language, detect_language
from retrieval.scope import Scope
from retrieval.searched_vectors import Vectors
from retrieval.searched_words import Words

if TYPE_CHECKING:
    from retrieval.encoder import Encoder

# How many each side offers to the fusion; ranks beyond hardly change the first ten.
DEPTH = 100
# What a unit of BM25 adds to the bundled encoder's cosine; fitted, see docs/ranking.md.
LEXICAL_WEIGHT = 0.005
# The same for a passage in another language than the question's, where only names and code meet.
FOREIGN_LEXICAL_WEIGHT = 0.001
# Words in common add to passages in the question's language what others cannot have: those are
# given what the first so many of the former gain on average.
_GAINING = 6
# Where notes are in both languages, at least every third place up to the sixth is the other's.
FOREIGN_EVERY, FOREIGN_ROOMS = 3, 2

Ranking = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    :param score: the fused one, higher is better; comparable within one search only.
    :param dense: cosine with the question, centred across languages; None without a vector.
    :param lexical: BM25; None if the lexical side did not offer the passage.
    """

    id: int
    score: float
    dense: float | None
    lexical: float | None


class Retriever:
    """Search by meaning and by words at once, over the same passages.

    :param lexical_weight: what a unit of BM25 adds to the cosine. None merges by rank instead: for
        an encoder whose cosines nobody fitted.
    :param centres: of the encoder's languages; those that lie beside it if None.
    """

    def __init__(
        self,
        encoder: "Encoder",
        vectors: Vectors,
        lexical: Words,
        lexical_weight: float | None = None,
        centres: Centres | None = None,
    ) -> None:
        self._encoder = encoder
        self._centres = centres or Centres.load(encoder.fingerprint)
        self._languages: tuple[int, frozenset[Language]] | None = None
        self._lexical_weight = lexical_weight
        self._vectors = vectors
        self._lexical = lexical

    def over(self, vectors: Vectors, lexical: Words) -> "Retriever":
        """Return the same search over a part of the passages, at the generation of all."""
        self._find_languages()
        part = Retriever(self._encoder, vectors, lexical, self._lexical_weight, self._centres)
        part._languages = self._languages
        return part

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
        across = self._crossing(question)
        lexical = self._lexical.search(question, depth, scope)
        if allowed is not None:
            lexical = _only(lexical, allowed)
        offered = [
            id_
            for vector in self._looks(query, across)
            for id_, _ in self._vectors.search(vector, depth, allowed)
        ]
        near = list(dict.fromkeys(offered))
        ids = np.array(list(dict.fromkeys([*near, *(id_ for id_, _ in lexical)])), np.int64)
        similar, foreign = self._similarities(query, across, ids)
        cosines = {
            int(id_): None if np.isnan(cosine) else float(cosine)
            for id_, cosine in zip(ids, similar, strict=True)
        }
        dense = sorted(
            ((id_, cosine) for id_ in near if (cosine := cosines[id_]) is not None),
            key=lambda entry: (-entry[1], entry[0]),
        )
        bm25 = dict(lexical)
        fused = self._fused(cosines, dense, bm25, frozenset(ids[foreign].tolist()))
        return [Hit(id_, score, cosines[id_], bm25.get(id_)) for id_, score in fused[:k]]

    def _crossing(self, question: str) -> Crossing | None:
        """Return how the question goes to notes in the other language, None if there are none."""
        languages = self._find_languages()
        return None if languages is None else crossing(detect_language(question), languages)

    def _find_languages(self) -> frozenset[Language] | None:
        """Return the languages that the notes hold; None where nobody fitted the crossing."""
        if self._centres is None or self._lexical_weight is None:
            return None
        generation = self._lexical.generation
        if self._languages is None or self._languages[0] != generation:
            self._languages = generation, held(self._centres, self._vectors)
        return self._languages[1]

    def _looks(
        self, query: NDArray[np.float32], across: Crossing | None
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors to search with: one for each language that the notes hold."""
        if across is None or not across.alone:
            yield query
        if self._centres is not None and across is not None:
            yield moved(self._centres, across, query)

    def _similarities(
        self, query: NDArray[np.float32], across: Crossing | None, ids: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        if self._centres is None or across is None:
            return self._vectors.scores(query, ids), np.zeros(len(ids), np.bool_)
        return similarities(self._centres, across, query, self._vectors, ids)

    def _fused(
        self,
        cosines: Mapping[int, float | None],
        dense: Ranking,
        bm25: Mapping[int, float],
        foreign: frozenset[int],
    ) -> Ranking:
        """Merge both sides; what is in the other language gets what words would have added."""
        if self._lexical_weight is None:
            return reciprocal_rank_fusion([[id_ for id_, _ in dense], list(bm25)])
        known = {id_: cosine for id_, cosine in cosines.items() if cosine is not None}
        own = convex_combination(
            [_without(known, foreign), _without(bm25, foreign)], [1.0, self._lexical_weight]
        )
        if not foreign:
            return own
        words = [bm25.get(id_, 0.0) for id_, _ in own[:_GAINING]]
        gain = self._lexical_weight * sum(words) / len(words) if words else 0.0
        guests = [
            (id_, known.get(id_, 0.0) + gain + FOREIGN_LEXICAL_WEIGHT * bm25.get(id_, 0.0))
            for id_ in foreign
        ]
        merged = sorted(own + guests, key=lambda entry: (-entry[1], entry[0]))
        return make_room(merged, foreign, FOREIGN_EVERY, FOREIGN_ROOMS) if own else merged


def _without(scores: Mapping[int, float], ids: frozenset[int]) -> dict[int, float]:
    return {id_: score for id_, score in scores.items() if id_ not in ids}


def _only(ranking: list[tuple[int, float]], allowed: NDArray[np.int64]) -> list[tuple[int, float]]:
    inside = np.isin(np.array([id_ for id_, _ in ranking], np.int64), allowed)
    return [entry for entry, keep in zip(ranking, inside, strict=True) if keep]
