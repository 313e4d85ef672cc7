"""Measures the base that the scale benchmark made: retrieval, recall, memory and edits."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scale_base import FILES_UP_TO, NOTE
from benchmarks.scale_corpus import Seed, grow
from kb.catalog.catalog import Catalog
from kb.catalog.view import CatalogView
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from retrieval.encoder import Encoder, load_encoder
from retrieval.scope import Scope

NEAREST, DEPTH, WARM_UP = 10, 50, 50


class Known:
    """The bundled encoder, but the questions of the benchmark are embedded already."""

    def __init__(self, questions: dict[str, NDArray[np.float32]], encoder: Encoder) -> None:
        self._questions, self._encoder = questions, encoder
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension
        self.max_tokens = encoder.max_tokens

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Look the vectors up, or embed."""
        known = [self._questions[text] for text in texts if text in self._questions]
        return np.stack(known) if len(known) == len(texts) else self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed."""
        return self._encoder.encode_passages(texts)

    def count_tokens(self, text: str) -> int:
        """Count."""
        return self._encoder.count_tokens(text)


class Fitted(Models):
    """Models whose encoder is the bundled one behind `Known`: the fitted weights hold."""

    @property
    def bundled_encoder(self) -> bool:
        """Whether scores are those that weights were fitted to."""
        return True


def median(values: Sequence[float]) -> float:
    """Return the middle one."""
    return float(np.median(values))


def measure(seed: Seed, size: int, folder: Path) -> dict[str, Any]:
    """Open a base in a fresh process and ask."""
    known = dict(zip(seed.questions, seed.question_vectors, strict=True))
    loaded = load_encoder()
    encoder = Known(known, loaded)
    base = KnowledgeBase(Fitted(Settings(notes=folder), encoder=encoder))
    began = time.perf_counter()
    base.search(seed.questions[0], DEPTH, rerank=False)
    open_seconds = time.perf_counter() - began
    for question in seed.questions[:WARM_UP]:
        base.search(question, DEPTH, rerank=False)
    taken = [
        _seconds(lambda q=question: base.search(q, DEPTH, rerank=False))
        for question in seed.questions
    ]
    figures: dict[str, Any] = {
        "open_seconds": round(open_seconds, 2),
        "retrieval_ms_p50": round(1000 * median(taken), 2),
        "retrieval_ms_p95": round(1000 * float(np.quantile(taken, 0.95)), 2),
        "vectors_ms_p95": 0.0,
        "memory_mb": _memory_mb(),
    }
    figures |= _recall(base, seed, size, folder)
    if size <= FILES_UP_TO:
        loaded.encode_passages(["warm"])
        figures |= _edit(base, folder)
    base.close()
    return figures


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6)


def _recall(base: KnowledgeBase, seed: Seed, size: int, folder: Path) -> dict[str, float]:
    """Compare what the vector part finds with all vectors; ids count from 1 in their order."""
    vectors = base._passages._dense.vectors
    exact = [_Exact(tenth) for tenth in (1, 10, 100)]
    start = 0
    for _, piece in grow(seed, size):
        rows = piece.astype(np.float16).astype(np.float32)
        notes = np.arange(start, start + len(rows)) // NOTE
        for each in exact:
            each.add(start + np.flatnonzero(notes % each.every == 0), rows, seed, start)
        start += len(rows)
    figures: dict[str, float] = {}
    for each, name in zip(exact, ("all", "tenth", "hundredth"), strict=True):
        with Catalog(folder).view() as view:
            allowed = None if name == "all" else _ids_of(view, name)
        taken: list[float] = []
        recalls: list[float] = []
        for vector, best in zip(seed.question_vectors, each.best, strict=True):
            began = time.perf_counter()
            found = vectors.search(vector, 100, allowed)
            taken.append(time.perf_counter() - began)
            ids = [id_ - 1 for id_, _ in found[:NEAREST]]
            recalls.append(len(np.intersect1d(ids, best)) / len(best))
        figures[f"recall_{name}"] = round(float(np.mean(recalls)), 4)
        figures[f"vectors_ms_p95{'' if name == 'all' else f'_{name}'}"] = round(
            1000 * float(np.quantile(taken, 0.95)), 2
        )
    return figures


def _ids_of(view: CatalogView, tag: str) -> NDArray[np.int64]:
    return view.ids_in_scope(Scope(tags=(tag,)))


class _Exact:
    """The nearest rows of every question, gathered piece by piece."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.best: NDArray[np.int64] = np.empty((0, 0), np.int64)
        self._scores: NDArray[np.float32] = np.empty((0, 0), np.float32)

    def add(
        self, numbers: NDArray[np.int64], rows: NDArray[np.float32], seed: Seed, start: int
    ) -> None:
        """Take so many more rows into account."""
        scores = seed.question_vectors @ rows[numbers - start].T  # (questions, rows)
        ids = np.broadcast_to(numbers, scores.shape)
        if self.best.size:
            scores = np.concatenate([self._scores, scores], axis=1)
            ids = np.concatenate([self.best, ids], axis=1)
        kept = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        self.best = np.take_along_axis(ids, kept, axis=1)
        self._scores = np.take_along_axis(scores, kept, axis=1)


def _edit(base: KnowledgeBase, folder: Path) -> dict[str, float]:
    """Edit a note again and again; index an unchanged base between."""
    unchanged = [_seconds(base.index) for _ in range(5)]
    source = (folder / "0000/000003.md").read_text(encoding="utf-8")
    taken: list[float] = []
    for number in range(11):
        word = f"quagga{number}fox"
        text = source.replace("\n## Section 3.4\n\n", f"\n## Section 3.4\n\nThe {word} is here. ")
        (folder / "0000/000003.md").write_text(text, encoding="utf-8")
        began = time.perf_counter()
        base.index()
        found = base.search(f"{word}", 5, rerank=False)
        taken.append(time.perf_counter() - began)
        if word not in found[0].citation.passage:
            raise SystemExit(f"the edit was not found: {word}")
    return {
        "unchanged_seconds": round(median(unchanged), 3),
        "edit_seconds_median": round(median(taken[1:]), 3),  # the first one embeds all ten
        "edit_seconds_max": round(max(taken[1:]), 3),
    }
