"""What the pictures of Insight cost: ``python -m benchmarks.insight`` (20,000 passages).

The starter notes are indexed by the bundled encoder, and a base of perturbed copies of their
passages and vectors is made as `benchmarks.scale_corpus` describes, ten passages a note. Then the
map of the passages and the graph of the notes are computed as the server does beside its pages: by
the clock, and in seconds of processor time of all threads. Writes benchmarks/results/insight.json;
another number (``--passages``) is only printed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import kb
from benchmarks.machine import describe
from benchmarks.scale_base import build
from benchmarks.scale_corpus import Seed
from kb.catalog.catalog import Catalog
from kb.indexing.sync import index_folder
from kb.insight.notes import note_graph
from kb.insight.passages import passage_map
from kb.notes.names import NoteNames
from retrieval.encoder import load_encoder

RESULT = Path(__file__).parent / "results" / "insight.json"
PASSAGES = 20_000
T = TypeVar("T")


def read_starter(folder: Path) -> Seed:
    """Index the starter notes and return their passages."""
    shutil.copytree(Path(kb.__file__).parent / "starter", folder)
    index_folder(folder, load_encoder())
    with closing(Catalog.open(folder, read_only=True)) as catalog, catalog.view() as view:
        ids, vectors = view.vectors()
        outlines = view.outlines(100_000)
    texts = [(outlines[number].title, outlines[number].text) for number in ids.tolist()]
    rows = vectors.astype(np.float32)  # (n, dimension)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Seed(texts, rows, [], rows[:0])


def timed(compute: Callable[[], T]) -> tuple[T, dict[str, float]]:
    """Return a result and the seconds that it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = compute()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return found, {f"{name}_seconds": round(value, 2) for name, value in spent.items()}


def measure(passages: int, folder: Path) -> dict[str, Any]:
    """Make a base and compute both pictures of it."""
    seed = read_starter(folder / "starter")
    notes = folder / "notes"
    build(seed, passages, notes)
    with closing(Catalog.open(notes, read_only=True)) as catalog:
        drawn, of_map = timed(lambda: passage_map(catalog))
        with catalog.view() as view:
            names = NoteNames(view.note_names())
        graph, of_graph = timed(lambda: note_graph(drawn, notes, names))
    return {
        "real_passages": len(seed.texts),
        "passages": len(drawn.passages),
        "map": of_map,
        "graph": {**of_graph, "notes": len(graph.notes) + graph.left_out},
    }


def main() -> None:
    """Measure, print, and keep the figures of the full size."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--passages", type=int, default=PASSAGES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = {**measure(options.passages, Path(folder)), "machine": describe()}
    print(json.dumps(figures, indent=2))
    if options.passages == PASSAGES:
        RESULT.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
