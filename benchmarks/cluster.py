"""The store of passages in Milvus beside the embedded one: ``python -m benchmarks.cluster``.

A base of any size is made as for `benchmarks.scale`, its catalogue first. Each store is then filled
from it and asked the same questions, embedded before; figures of a store are

- build: from the catalogue until the store is level with it;
- query: `search` of 50 passages, median and 95th percentile, after some that are not counted;
- recall: how many of the embedded store's first ten are among this one's first ten.

The engines are Milvus Lite in a process of its own on loopback, and every address that is named:

    python -m benchmarks.cluster --size 100000 --store http://127.0.0.1:19530

Writes benchmarks/results/cluster.json and prints the table. Needs the extra `cluster` and, for the
first run of a size, ../shared/data/qa.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from benchmarks.scale_base import build
from benchmarks.scale_corpus import PASSAGES, Seed, read_seed
from benchmarks.scale_measuring import Known
from kb.catalog.catalog import Catalog
from kb.config import Settings
from kb.models import Models
from kb.store.passage_store import PassageStore, open_store
from retrieval.encoder import load_encoder
from retrieval.retriever import LEXICAL_WEIGHT

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "cluster.json"
DEPTH, BEST, WARM_UP = 50, 10, 5
EMBEDDED, LITE = "embedded", "Milvus Lite"

_SERVER = """
import sys
from milvus_lite.adapter.grpc.server import start_server_in_thread
server, _, _ = start_server_in_thread(sys.argv[1], "127.0.0.1", int(sys.argv[2]))
print("ready", flush=True)
server.wait_for_termination()
"""


class Bundled(Models):
    """Models whose encoder knows the questions already, with the bundled one's weights."""

    @property
    def lexical_weight(self) -> float | None:
        """What was fitted to the encoder that made the vectors."""
        return LEXICAL_WEIGHT


@contextmanager
def milvus_lite(folder: Path) -> Iterator[str]:
    """Start a server; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", _SERVER, str(folder / "lite.db"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None or server.stdout.readline() != "ready\n":
            raise SystemExit("Milvus Lite did not start: pip install '.[cluster]'")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def ask(store: PassageStore, questions: Sequence[str]) -> tuple[list[list[int]], list[float]]:
    """Return the first ten ids of each question, and the seconds of those after the warm-up."""
    found: list[list[int]] = []
    seconds: list[float] = []
    for question in [*questions[:WARM_UP], *questions]:
        began = time.perf_counter()
        hits = store.search(question, DEPTH)
        seconds.append(time.perf_counter() - began)
        found.append([hit.id for hit in hits[:BEST]])
    return found[len(found) - len(questions) :], seconds[len(found) - len(questions) :]


def measured(
    notes: Path, address: str | None, seed: Seed, questions: Sequence[str]
) -> tuple[dict[str, float], list[list[int]]]:
    """Fill a store and ask it."""
    known = dict(zip(seed.questions, seed.question_vectors, strict=True))
    settings = Settings(notes=notes, store=address, store_base=f"benchmark-{time.time_ns()}")
    catalog = Catalog(notes)
    began = time.perf_counter()
    models = Bundled(settings, encoder=Known(known, load_encoder()))
    store = open_store(settings, catalog, models)
    store.follow()
    store.settle()
    built = time.perf_counter() - began
    found, seconds = ask(store, questions)
    store.close()
    catalog.close()
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95]).tolist()
    return {"build_seconds": built, "p50_ms": p50, "p95_ms": p95}, found


def recall(found: list[list[int]], expected: list[list[int]]) -> float:
    """Return which part of what was expected was found, over all questions."""
    pairs = zip(found, expected, strict=True)
    return float(np.mean([len(set(a) & set(b)) / max(len(b), 1) for a, b in pairs]))


def compared(seed: Seed, size: int, count: int, addresses: Sequence[str]) -> dict[str, Any]:
    """Measure the embedded store and each engine over one base."""
    questions = seed.questions[:count]
    stores: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        notes = folder / "notes"
        build(seed, size, notes)
        for name in ("lexical", "vectors"):  # made anew, with everything, by `measured`
            for path in (notes / ".kb" / name).glob("*"):
                path.unlink()
        stores[EMBEDDED], expected = measured(notes, None, seed, questions)
        with milvus_lite(folder) as lite:
            for name, address in {LITE: lite, **{each: each for each in addresses}}.items():
                stores[name], found = measured(notes, address, seed, questions)
                stores[name]["recall_at_10"] = recall(found, expected)
                print(f"{name}: {stores[name]}", file=sys.stderr)
    return {"passages": size, "questions": count, "stores": stores}


def table(result: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = [
        f"| {result['passages']:,} passages | build | query p50 | p95 | recall@10 |",
        "|---|---|---|---|---|",
    ]
    for name, figures in result["stores"].items():
        same = f"{figures['recall_at_10']:.3f}" if "recall_at_10" in figures else ""
        lines.append(
            f"| {name} | {figures['build_seconds']:.1f} s | {figures['p50_ms']:.1f} ms"
            f" | {figures['p95_ms']:.1f} ms | {same} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Build, ask, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--size", type=int, default=2000, help="passages")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--store", action="append", default=[], help="address of a Milvus")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/qa")
    options = parser.parse_args()
    passages = min(PASSAGES, options.size)
    seed = read_seed(options.data, ROOT / ".work", load_encoder(), passages)
    result = compared(seed, options.size, options.questions, options.store)
    RESULT.write_text(json.dumps({"machine": describe(), **result}, indent=2) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
