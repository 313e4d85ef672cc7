"""The store of passages of a base that lies in Milvus."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from kb.errors import EncoderChanged, LockedError
from kb.store.milvus.collection import BaseCollection
from kb.store.milvus.connection import Connection
from kb.store.milvus.filling import Filling
from kb.store.milvus.lease import Lease
from kb.store.milvus.ledger import Ledger, Stamp
from kb.store.milvus.searched import KeptVectors, MilvusVectors, MilvusWords, Part, fused
from retrieval.analyzer import analyze
from retrieval.retriever import DEPTH, Hit, Retriever

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.config import Settings
    from retrieval.encoder import Encoder
    from retrieval.scope import Scope

# A reader looks so often whether another filling or generation is shown.
LOOK_SECONDS = 2.0
# Document frequencies are counted in so many passages and scaled up: exact up to there.
SAMPLE = 2000


class MilvusStore:
    """Hybrid search in Milvus, kept level with a catalogue; see `PassageStore`.

    With the bundled encoder both rankings come from Milvus and are merged as the embedded store
    merges them, by scores that the confidence of answers was fitted to. With another encoder they
    are merged inside Milvus by reciprocal ranks, in one call.

    Who wrote reads what it wrote ("Session"); others may be behind by some seconds ("Bounded").
    """

    def __init__(
        self,
        connection: Connection,
        base: str,
        catalog: Catalog,
        encoder: Encoder,
        lexical_weight: float | None = None,
        *,
        writes: bool = True,
    ) -> None:
        """Take a base in a cluster.

        :param lexical_weight: see `Retriever`.
        :param writes: whether it may be brought level from here.
        """
        self.base = base
        self._connection = connection
        self._catalog = catalog
        self._encoder = encoder
        self._weight = lexical_weight
        self._writes = writes
        self._ledger = Ledger(connection, base)
        self._kept = KeptVectors()
        self._level = threading.Lock()
        self._counted: tuple[int, int, Counter[str]] | None = None
        self._consistency = "Bounded"
        self._next_look = 0.0
        self._take(Stamp())

    @classmethod
    def open(
        cls,
        settings: Settings,
        catalog: Catalog,
        encoder: Encoder,
        lexical_weight: float | None = None,
    ) -> Self:
        """Connect to the store of the settings.

        :raises StoreError: if it cannot be reached.
        """
        address, token = settings.store or "", settings.store_token
        connection = Connection.open(address, token, encoder.dimension)
        base = settings.store_base or default_base(settings)
        return cls(connection, base, catalog, encoder, lexical_weight, writes=settings.store_writes)

    def search(self, question: str, k: int, scope: Scope | None = None) -> list[Hit]:
        """Return the best passages, see `PassageStore`."""
        self._look()
        if self._weight is None:
            return self._search_by_rank(question, k, scope)
        retriever = self._retriever
        if scope:
            part = self._part.within(scope)
            retriever = retriever.over(MilvusVectors(part, self._kept), self._words_of(part))
        return retriever.search(question, k)

    def nearest(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a unit vector, see `PassageStore`."""
        self._look()
        return MilvusVectors(self._part, self._kept).search(vector, k)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each term, estimated from `SAMPLE` of the catalogue's."""
        _, total, held = self._counts()
        scale = max(total / SAMPLE, 1.0)
        return {term: round(held[term] * scale) for term in terms}

    def __len__(self) -> int:
        self._look()
        fill = self._part.fill
        return BaseCollection(self._connection, self.base).count(fill, self._consistency)

    def follow(self) -> None:
        """Become level with the catalogue, writing what is new if this one may write.

        :raises LockedError: if another is writing the base.
        :raises StoreError: if the store cannot be used.
        """
        with self._level, self._catalog.view() as view:
            stamp = self._ledger.stamp()
            if self._writes and not self._is_level(stamp, view.generation(), view.state()):
                self._catalog.require_encoder(self._encoder.fingerprint)
                with Lease(self._ledger) as lease:
                    collection = BaseCollection(self._connection, self.base)
                    made_by = self._encoder.fingerprint
                    stamp = Filling(collection, self._ledger, lease, made_by).run(view)
                self._consistency = "Session"
            self._take(stamp)

    def settle(self) -> None:
        """Become level; Milvus makes its own indexes in the background."""
        self.follow()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _look(self) -> None:
        """Follow if there is anything new; whoever is writing just now is not waited for."""
        if self._writes:
            with self._catalog.view() as view:
                if self._is_level(self._stamp, view.generation(), view.state()):
                    return
        if time.monotonic() < self._next_look:
            return
        try:
            self.follow()
        except LockedError:
            self._take(self._ledger.stamp())
        else:
            if self._writes:
                return
        self._next_look = time.monotonic() + LOOK_SECONDS

    def _is_level(self, stamp: Stamp, generation: int, state: str) -> bool:
        shown = stamp.shown
        made_by = self._encoder.fingerprint
        return (shown.generation, shown.state, stamp.encoder) == (generation, state, made_by)

    def _take(self, stamp: Stamp) -> None:
        """Search what a stamp shows from now on.

        :raises EncoderChanged: if another encoder made its vectors.
        """
        if stamp.shown.fill and stamp.encoder != self._encoder.fingerprint:
            raise EncoderChanged(
                f"the base {self.base} in {self._connection.address} was made by encoder"
                f" {stamp.encoder}, but the encoder is {self._encoder.fingerprint}: run"
                " `kb index --rebuild` where it is written, or set the encoder back"
            )
        self._stamp = stamp
        self._part = Part(self._connection, self.base, stamp.shown.fill, self._consistency)
        self._retriever = Retriever(
            self._encoder,
            MilvusVectors(self._part, self._kept),
            self._words_of(self._part),
            self._weight,
        )

    def _words_of(self, part: Part) -> MilvusWords:
        return MilvusWords(part, self._stamp.shown.generation, self.frequencies)

    def _search_by_rank(self, question: str, k: int, scope: Scope | None) -> list[Hit]:
        if not question.strip():
            return []
        part = self._part.within(scope) if scope else self._part
        vector = self._encoder.encode_queries([question])[0]  # (dimension,)
        words = self._words_of(part).words(question)
        return [
            Hit(number, score, cosine, None)
            for number, score, cosine in fused(part, vector, words, k, max(k, DEPTH))
        ]

    def _counts(self) -> tuple[int, int, Counter[str]]:
        """Return generation, passages and how many of a sample hold each term."""
        counted = self._counted
        with self._catalog.view() as view:
            generation = view.generation()
            if counted is not None and counted[0] == generation:
                return counted
            texts, total = view.sample(SAMPLE), view.totals().passages
        held = Counter(term for text in texts for term in set(analyze(text)))
        self._counted = generation, total, held
        return self._counted


def default_base(settings: Settings) -> str:
    """Return a name that no other folder on any machine has by accident."""
    place = f"{socket.gethostname()}:{settings.notes.resolve()}"
    digest = blake2b(place.encode(), digest_size=6).hexdigest()
    return f"{settings.notes.resolve().name[:40]}-{digest}"
