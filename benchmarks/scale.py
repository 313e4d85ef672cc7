"""Cost as a base grows: ``python -m benchmarks.scale [--sizes 1000,10000,100000,1000000]``.

For each number of passages a base is made of ten passages a note (see `benchmarks.scale_corpus` for
where they come from): its catalogue is written directly, the indexes are derived from it by the
product, each step in a process of its own. Another process then opens the base and is measured:

- start: from an empty process to the first retrieval, without the models;
- retrieval: `KnowledgeBase.search` of 50 passages without reranking, its question embedded before;
- recall: which of the 10 passages nearest to a question (compared with every vector, by numpy)
  the vector part finds; over all, over a tenth and over a hundredth of the notes by tag;
- memory of the process after all questions;
- edit: a note is written; until `KnowledgeBase.index` (the bundled encoder embeds what is new) and
  a search that finds its new words are done; and an index run with nothing to do. Up to 100,000
  passages: then the notes are there as files.

Sizes that are not asked for keep their figures. Writes benchmarks/results/scale.json, docs/scale.md
and docs/scale.svg. Needs ../shared/data and about 4 GB of disk for a million passages.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.scale_base import NOTE, build
from benchmarks.scale_corpus import PASSAGES, read_seed
from benchmarks.scale_measuring import measure, median
from benchmarks.scale_page import RESULT, table, write_down
from retrieval.encoder import load_encoder

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def step(name: str, size: int, folder: Path) -> dict[str, Any]:
    """Run one step in a process of its own and return its figures."""
    command = [sys.executable, "-m", "benchmarks.scale", "--step", name, str(size), str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def cold_start(folder: Path, question: str) -> float:
    """Return how long an empty process takes to its first retrieval, without the model's part."""
    code = (
        "import sys, time; began = time.perf_counter()\n"
        "from kb import KnowledgeBase, Settings\n"
        "from kb.models import Models\n"
        "from retrieval.encoder import load_encoder\n"
        "imported = time.perf_counter(); encoder = load_encoder()\n"
        "encoder.encode_queries([sys.argv[2]]); loaded = time.perf_counter()\n"
        "base = KnowledgeBase(Models(Settings(notes=sys.argv[1]), encoder=encoder))\n"
        "base.search(sys.argv[2], 10, rerank=False)\n"
        "print(time.perf_counter() - began - (loaded - imported)); base.close()\n"
    )
    command = [sys.executable, "-c", code, str(folder), question]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Build and measure each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/qa")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    cache = ROOT / ".work"
    sizes = [int(options.step[1])] if options.step else list(map(int, options.sizes.split(",")))
    seed = read_seed(options.data, cache, load_encoder(), min(PASSAGES, max(sizes)))
    if options.step:
        name, size, folder = options.step
        work = build if name == "build" else measure
        print(json.dumps(work(seed, int(size), Path(folder))))
        return
    results: dict[str, dict[str, Any]] = {}
    if RESULT.exists():
        results = json.loads(RESULT.read_text())["sizes"]
    for size in sizes:
        folder = cache / f"scale-notes-{size}"
        shutil.rmtree(folder, ignore_errors=True)
        found = {"passages": size, "notes": -(-size // NOTE)} | step("build", size, folder)
        data = folder / ".kb"
        found["disk_mb"] = round(
            sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / 1e6
        )
        starts = [cold_start(folder, seed.questions[0]) for _ in range(3)]
        found["start_seconds"] = round(median(starts), 2)
        results[str(size)] = found | step("measure", size, folder)
        print(json.dumps(results[str(size)], indent=2), flush=True)
        write_down(results, describe())
        shutil.rmtree(folder)
    print(table(results))


if __name__ == "__main__":
    main()
