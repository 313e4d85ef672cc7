"""The vectors of a catalogue, searchable: level with it, on disk once there are many.

What is on disk is a snapshot of one generation. It is written anew, with inverted lists when the
base is large, in the background; asking goes on with what there is and takes the new one over when
it is ready.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from kb.errors import KbError
from retrieval import vector_lists, vector_snapshot
from retrieval.errors import IndexDamaged, RetrievalError
from retrieval.layered_vectors import LayeredVectors
from retrieval.vector_snapshot import Snapshot

if TYPE_CHECKING:
    from kb.catalog.catalog import Catalog
    from kb.catalog.view import CatalogView
    from retrieval.encoder import Encoder

Engine = Literal["auto", "flat", "lists"]

VECTORS_FOLDER = "vectors"
# From so many passages on vectors lie in lists, unless the engine is set.
LISTS_FROM = 50_000
# So many are read from the catalogue in a few milliseconds; more are worth a snapshot.
SNAPSHOT_FROM = 4096
# A snapshot is written anew when more changed than this share of it, or this many.
_STALE_SHARE, _STALE = 0.05, 20_000
_GATHERED = 65_536
_RETRY_SECONDS = 30.0


class DenseIndex:
    """Keeps `vectors` level with a catalogue; who calls `follow` sees to it that one thread does.

    :param engine: "flat" compares with every vector, "lists" with the likely ones, "auto" chooses
        by size.
    """

    def __init__(self, catalog: Catalog, encoder: Encoder, engine: Engine = "auto") -> None:
        self.generation = 0
        self.state = ""
        self.vectors = LayeredVectors(encoder.dimension)
        self._catalog = catalog
        self._form = encoder.fingerprint
        self._engine = engine
        self._folder = catalog.path.parent / VECTORS_FOLDER
        self._ready: Snapshot | None = None
        self._builder: threading.Thread | None = None
        self._closed = threading.Event()
        self._next_try = 0.0
        self._starting = threading.Lock()

    @property
    def has_news(self) -> bool:
        """Whether a snapshot is ready to be taken over by `follow`."""
        return self._ready is not None

    def follow(self, view: CatalogView) -> None:
        """Take over what changed in the catalogue, or a snapshot that is ready."""
        ready = self._ready
        # One that is newer than the view waits for the next question.
        if ready is not None and ready.generation <= view.generation():
            self._ready = None
            self._begin(view, ready)
        elif self.generation:
            self._catch_up(view)
        else:
            self._open(view)
        self.tend()

    def tend(self) -> None:
        """See that a snapshot is being written if one is due; next to nothing if not."""
        if not self._is_due() or self._ready or time.monotonic() < self._next_try:
            return
        with self._starting:
            busy = self._builder is not None and self._builder.is_alive()
            if not busy and not self._closed.is_set():
                # No daemon: it must not be torn out of FAISS when the process ends; it stops soon.
                self._builder = threading.Thread(target=self._build, name="kb-vectors")
                self._builder.start()

    def settle(self) -> None:
        """Wait until what is written in the background is there, then `follow` takes it over."""
        if self._builder is not None:
            self._builder.join()

    def close(self) -> None:
        """Stop what goes on in the background."""
        self._closed.set()
        self.settle()

    # Level with the catalogue

    def _catch_up(self, view: CatalogView) -> None:
        changes = view.changes_since(self.generation, self.state)
        if changes.reset:
            self._open(view)
            return
        self.vectors.remove(changes.removed)
        for ids, vectors in _gathered(self._searched(view, self.generation)):
            self.vectors.add(ids, vectors)
        self.generation, self.state = changes.generation, view.state()

    def _open(self, view: CatalogView) -> None:
        """Begin with the snapshot on disk; if there is none that fits, with the catalogue."""
        self._ready = None
        with suppress(IndexDamaged):
            snapshot = vector_snapshot.read(self._folder, self._form)
            if not view.changes_since(snapshot.generation, snapshot.state).reset:
                vector_snapshot.sweep(self._folder)
                self._begin(view, snapshot)
                return
        with suppress(RetrievalError):
            if view.totals().passages >= self._snapshot_from():
                with vector_snapshot.writing(self._folder):
                    self._write(view)
                self._begin(view, vector_snapshot.read(self._folder, self._form))
                return
        # Few, or nothing can be written: then all stay in memory.
        self._begin(view, None)

    def _begin(self, view: CatalogView, snapshot: Snapshot | None) -> None:
        self.vectors.begin(snapshot)
        self.generation = snapshot.generation if snapshot else 0
        self.state = snapshot.state if snapshot else ""
        if snapshot is None or view.changes_since(self.generation, self.state).reset:
            self.vectors.begin(None)
            for ids, vectors in _gathered(self._searched(view, 0)):
                self.vectors.add(ids, vectors)
            self.generation, self.state = view.generation(), view.state()
        else:
            self._catch_up(view)

    def _searched(
        self, view: CatalogView, since: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Yield the vectors that passages are searched by: what all that is here is made of.

        What is done to the stored ones belongs here, and its name into the form.
        """
        return view.iter_vectors(since)

    # Written in the background

    def _is_due(self) -> bool:
        return self._is_stale(self.vectors) or self._lacks_lists(self.vectors.snapshot)

    def _is_stale(self, vectors: LayeredVectors) -> bool:
        held = len(vectors.snapshot or ())
        most = max(self._snapshot_from(), min(_STALE, int(_STALE_SHARE * held)))
        return vectors.changes >= most

    def _lacks_lists(self, snapshot: Snapshot | None) -> bool:
        if snapshot is None or snapshot.lists is not None or self._engine == "flat":
            return False
        return self._engine == "lists" or len(snapshot) >= LISTS_FROM

    def _snapshot_from(self) -> int:
        return 1 if self._engine == "lists" else SNAPSHOT_FROM

    def _build(self) -> None:
        """Bring the folder up to date, as the only one who writes there, and offer the result."""
        try:
            with vector_snapshot.writing(self._folder):
                self._ready = self._built()
        except (RetrievalError, KbError):
            # Busy, stopped, read-only or full: what is in memory serves as before.
            self._next_try = time.monotonic() + _RETRY_SECONDS

    def _built(self) -> Snapshot:
        with self._catalog.view() as view:
            snapshot = self._newest(view) or self._write(view)
        if self._lacks_lists(snapshot):
            index = vector_lists.train(snapshot.vectors, self._is_unwanted)
            vector_snapshot.add_lists(self._folder, snapshot, index)
            snapshot = vector_snapshot.read(self._folder, self._form)
        return snapshot

    def _newest(self, view: CatalogView) -> Snapshot | None:
        """Open what is on disk, perhaps another process's, if it is not stale."""
        try:
            snapshot = vector_snapshot.read(self._folder, self._form)
        except IndexDamaged:
            return None
        changes = view.changes_since(snapshot.generation, snapshot.state)
        if changes.reset:
            return None
        tried = LayeredVectors(self.vectors.dimension, snapshot)
        tried.remove(changes.removed)
        for ids, vectors in _gathered(self._searched(view, snapshot.generation)):
            tried.add(ids, vectors)
        return None if self._is_stale(tried) else snapshot

    def _write(self, view: CatalogView) -> Snapshot:
        pieces = self._wanted(self._searched(view, 0))
        made_of = view.generation(), self._form, view.state()
        vector_snapshot.write(self._folder, pieces, self.vectors.dimension, *made_of)
        return vector_snapshot.read(self._folder, self._form)

    def _wanted(
        self, pieces: Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        for piece in pieces:
            if self._is_unwanted():
                raise vector_lists.Stopped("the snapshot is not wanted any more")
            yield piece

    def _is_unwanted(self) -> bool:
        return self._closed.is_set() or not threading.main_thread().is_alive()


def _gathered(
    pieces: Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
    """Yield the same in larger pieces: each that is added costs a sorting of all ids."""
    waiting: list[tuple[NDArray[np.int64], NDArray[np.float16]]] = []
    for piece in pieces:
        waiting.append(piece)
        if sum(len(ids) for ids, _ in waiting) >= _GATHERED:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(
    pieces: list[tuple[NDArray[np.int64], NDArray[np.float16]]],
) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    return np.concatenate([ids for ids, _ in pieces]), np.concatenate([rows for _, rows in pieces])
