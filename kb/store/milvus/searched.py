"""What the retriever asks of vectors and of words, asked of Milvus."""

# pyright: reportMissingImports=false

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymilvus import AnnSearchRequest, RRFRanker

from kb.store.milvus.collection import key_of, number_of
from kb.store.milvus.connection import Connection
from kb.store.milvus.expressions import of_fill, of_scope
from kb.store.milvus.names import bm25_of
from kb.store.milvus.terms import as_words
from retrieval.analyzer import analyze_question
from retrieval.fusion import RANK_CONSTANT
from retrieval.lexical import FIELD_BOOSTS, MAX_TERMS
from retrieval.scope import Scope

Frequencies = Callable[[Sequence[str]], Mapping[str, int]]
Ranking = list[tuple[int, float]]

_KEPT_VECTORS = 4096
# So many are offered by the words of each field, for the sum of fields to be that of nearly all.
_FIELD_DEPTH = 500
_QUOTE = '"'


@dataclass(frozen=True, slots=True)
class Part:
    """The passages that are searched: one filling of a base, or those of it in a scope.

    :param consistency: "Bounded" or "Session", see `kb.store.milvus.store`.
    """

    connection: Connection
    base: str
    fill: int
    consistency: str
    conditions: tuple[str, ...] = ()

    def within(self, scope: Scope) -> Part:
        """Return the passages of a scope."""
        conditions = (*self.conditions, *of_scope(scope))
        return Part(self.connection, self.base, self.fill, self.consistency, conditions)

    @property
    def expression(self) -> str:
        """What tells them from all others."""
        return " and ".join((of_fill(self.base, self.fill), *self.conditions))


class KeptVectors:
    """Vectors that were seen last, by their keys: under one key there is never another vector."""

    def __init__(self) -> None:
        self._vectors = OrderedDict[str, NDArray[np.float32]]()
        self._using = threading.Lock()

    def put(self, key: str, vector: NDArray[np.float32]) -> None:
        """Remember one, and forget the one that was put or asked for longest ago."""
        with self._using:
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
            if len(self._vectors) > _KEPT_VECTORS:
                self._vectors.popitem(last=False)

    def get(self, key: str) -> NDArray[np.float32] | None:
        """Return one, None if it is not remembered."""
        with self._using:
            return self._vectors.get(key)


@dataclass(frozen=True, slots=True)
class MilvusVectors:
    """Unit vectors by the catalogue's ids, see `retrieval.searched_vectors.Vectors`."""

    part: Part
    kept: KeptVectors

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> Ranking:
        """Return the ``k`` ids nearest to a vector with their inner products, best first."""
        if k <= 0 or not self.part.fill or (allowed is not None and not len(allowed)):
            return []
        expression = self.part.expression
        if allowed is not None:
            keys = [key_of(self.part.base, self.part.fill, int(id_)) for id_ in allowed]
            expression += f" and {_among(keys)}"
        sought = np.asarray(vector, np.float32)
        hits = _search(self.part, "vector", sought, k, expression, "vector")
        for hit in hits:
            self.kept.put(hit["key"], np.asarray(hit["entity"]["vector"], np.float32))
        return _ranking((hit["key"], float(hit["distance"])) for hit in hits)

    def scores(self, vector: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the inner product with each of ``ids``, NaN where one is not present."""
        keys = [key_of(self.part.base, self.part.fill, int(each)) for each in ids]
        known = {key: self.kept.get(key) for key in keys}
        missing = [key for key, row in known.items() if row is None]
        if missing and self.part.fill:
            known.update(self._fetched(missing))
        result = np.full(len(keys), np.nan, np.float32)
        for place, key in enumerate(keys):
            row = known[key]
            if row is not None:
                result[place] = row @ vector
        return result

    def _fetched(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        connection = self.part.connection
        with connection.told() as client:
            rows: list[dict[str, Any]] = client.get(
                connection.passages,
                ids=list(keys),
                output_fields=["key", "vector"],
                consistency_level=self.part.consistency,
            )
        fetched = {row["key"]: np.asarray(row["vector"], np.float32) for row in rows}
        for key, row in fetched.items():
            self.kept.put(key, row)
        return fetched


@dataclass(frozen=True, slots=True)
class MilvusWords:
    """Passages by their words, see `retrieval.searched_words.Words`.

    :param frequencies: says which terms of a very long question are rare.
    """

    part: Part
    generation: int
    frequencies: Frequencies

    def search(self, query: str, k: int, scope: Scope | None = None) -> Ranking:
        """Return the ids of the ``k`` best passages with their BM25 scores, best first.

        Each field is searched by itself and the scores are summed with their boosts, as in the
        embedded store. What only some fields offered is asked of the others by its key.
        """
        part = self.part.within(scope) if scope else self.part
        words = self.words(query)
        if k <= 0 or not part.fill or not words:
            return []
        offered = dict(_in_parallel(lambda field: _offered(part, field, words), FIELD_BOOSTS))
        keys = list(dict.fromkeys(key for scores in offered.values() for key in scores))
        cut = [field for field, scores in offered.items() if len(scores) >= _FIELD_DEPTH]
        asked = _in_parallel(lambda field: _asked(part, field, words, keys), cut)
        offered.update(asked)
        summed = [
            (
                key,
                sum(boost * offered[field].get(key, 0.0) for field, boost in FIELD_BOOSTS.items()),
            )
            for key in keys
        ]
        return _ranking(summed)[:k]

    def words(self, query: str) -> str:
        """Return what a question is searched by."""
        terms = analyze_question(query)
        if len(terms) > MAX_TERMS:
            counts = self.frequencies(terms)
            terms = sorted(terms, key=counts.__getitem__)[:MAX_TERMS]
        return as_words(terms)


def fused(
    part: Part, vector: NDArray[np.float32], words: str, k: int, depth: int
) -> list[tuple[int, float, float]]:
    """Search by both at once, merged inside Milvus by reciprocal ranks.

    :param depth: how many each side offers.
    :return: the catalogue's id, the fused score and the cosine of each hit, best first.
    """
    if k <= 0 or not part.fill:
        return []
    expression = part.expression
    requests = [AnnSearchRequest([vector], "vector", {"metric_type": "IP"}, depth, expr=expression)]
    if words:
        field = bm25_of("text")
        bm25 = AnnSearchRequest([words], field, {"metric_type": "BM25"}, depth, expr=expression)
        requests.append(bm25)
    connection = part.connection
    with connection.told() as client:
        [hits] = client.hybrid_search(
            connection.passages,
            requests,
            RRFRanker(int(RANK_CONSTANT)),
            limit=k,
            output_fields=["vector"],
            consistency_level=part.consistency,
        )
    return [
        (
            number_of(hit["key"]),
            float(hit["distance"]),
            float(np.dot(hit["entity"]["vector"], vector)),
        )
        for hit in hits
    ]


def _offered(part: Part, field: str, words: str) -> dict[str, float]:
    """Return the best passages by the words of a field: keys and scores."""
    return _bm25(part, field, words, _FIELD_DEPTH, part.expression)


def _asked(part: Part, field: str, words: str, keys: Sequence[str]) -> dict[str, float]:
    """Return the scores of some passages by the words of a field."""
    return _bm25(part, field, words, len(keys), f"{part.expression} and {_among(keys)}")


def _bm25(part: Part, field: str, words: str, k: int, expression: str) -> dict[str, float]:
    hits = _search(part, bm25_of(field), words, k, expression, "key")
    # Milvus Lite gives BM25 as a distance, the negative of Milvus's own.
    return {hit["key"]: abs(float(hit["distance"])) for hit in hits}


def _in_parallel(
    search: Callable[[str], dict[str, float]], fields: Iterable[str]
) -> list[tuple[str, dict[str, float]]]:
    names = list(fields)
    if not names:
        return []
    with ThreadPoolExecutor(len(names)) as pool:
        return list(zip(names, pool.map(search, names), strict=True))


def _search(
    part: Part, field: str, sought: object, k: int, expression: str, output: str
) -> list[dict[str, Any]]:
    with part.connection.told() as client:
        [hits] = client.search(
            part.connection.passages,
            data=[sought],
            anns_field=field,
            limit=k,
            filter=expression,
            output_fields=[output],
            consistency_level=part.consistency,
        )
    return list(hits)


def _among(keys: Iterable[str]) -> str:
    return f"key in [{', '.join(f'{_QUOTE}{key}{_QUOTE}' for key in keys)}]"


def _ranking(scores: Iterable[tuple[str, float]]) -> Ranking:
    found = ((number_of(key), score) for key, score in scores)
    return sorted(found, key=lambda entry: (-entry[1], entry[0]))
