"""The product side by side with its peers: ``python -m benchmarks.peers``.

The peers (`plain`, `txtai`, `haystack`, `bm25`: each module says how it is set up) get the
product's own passages and the bundled weights, dequantised to fp32. One process for each peer
builds its indexes, another one opens them and is asked: question by question, all peers in turn,
one at a time, who begins going round. The real notes are embedded once for the plain way, txtai
and Haystack, which have the same weights in the same library, so that a run stays below eight
minutes on two cores: what indexing costs is measured on the paragraphs, each for itself.

Needs the extra ``models`` and ../shared/data. The first run installs what peers need, without
dependencies, into .work/peers, which only their processes see (the environment stays as it is),
and writes weights and shared vectors to .work. ``--limit 3`` tries everything on a few notes and
questions and writes nothing. Writes benchmarks/results/peers.json, docs/benchmarks.md and the table
of README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.peers import lending, sets, table, weights
from benchmarks.peers.peer import Reply
from benchmarks.peers.scoring import Row, score
from benchmarks.peers.sets import QuestionSet
from benchmarks.peers.worker import CLASSES
from qa.onnx_reader import READER_FOLDER
from retrieval.onnx_session import MODEL_FOLDER

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "peers.json"
QUESTIONS = ROOT / "tests" / "data" / "real_questions.json"
PEERS = tuple(CLASSES)
_WARM_UP = "What is this?"
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "PYTHONPATH": str(weights.PACKAGES),
}


class Child:
    """A worker's process, told one command after another."""

    def __init__(self, peer: str, models: Path, log: Path) -> None:
        self.peer, self._log = peer, log
        self.began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.peers.worker", peer, str(models)]
        with log.open("a", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **_OFFLINE},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def tell(self, do: str, **given: object) -> dict[str, Any]:
        """Have a command done and return what came of it."""
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("the process has no pipes")
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.peer} died:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        return json.loads(line)

    def close(self) -> None:
        """Let it end; one that takes too long has said all that was asked of it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(60)
            return
        self._process.kill()
        self._process.wait()


@contextmanager
def child(peer: str, models: Path, scratch: Path) -> Iterator[Child]:
    """Start a worker and end it."""
    worker = Child(peer, models, scratch / f"{peer}.log")
    try:
        yield worker
    finally:
        worker.close()


def build(given: list[QuestionSet], models: Path, scratch: Path) -> table.Columns:
    """Index every set by every peer, one after another; return the costs."""
    costs: table.Columns = {}
    for peer in PEERS:
        found: dict[str, float | None] = {}
        with child(peer, models, scratch) as worker:
            for each in given:
                corpus, folder = each.corpus, scratch / f"{peer}-{each.name}"
                done = worker.tell(
                    "build", corpus=str(corpus.folder), lent=corpus.lent, folder=str(folder)
                )
                if not corpus.lent:
                    found["index_seconds"] = round(done["seconds"], 1)
                    found["index_peak_mb"] = round(done["peak_mb"])
        index = scratch / f"{peer}-real"
        found["index_mb"] = round(weights.size_mb(index / ".kb" if peer == "product" else index), 1)
        costs[peer] = found
        print(peer, found, flush=True)
    return costs


def ask(
    given: list[QuestionSet], models: Path, scratch: Path, costs: table.Columns
) -> dict[str, dict[str, list[Row]]]:
    """Ask every question of every peer in turn; add start-up and memory to the costs."""
    rows = {each.name: {peer: [] for peer in PEERS} for each in given}
    workers: dict[str, Child] = {}
    try:
        for peer in PEERS:
            workers[peer] = Child(peer, models, scratch / f"{peer}.log")
            workers[peer].tell("open", folder=str(scratch / f"{peer}-{given[0].name}"))
            workers[peer].tell("ask", question=_WARM_UP)
            costs[peer]["start_seconds"] = round(time.perf_counter() - workers[peer].began, 2)
        for each in given:
            if each is not given[0]:
                for peer, worker in workers.items():
                    worker.tell("open", folder=str(scratch / f"{peer}-{each.name}"))
                    worker.tell("ask", question=_WARM_UP)
            _ask_set(each, workers, rows[each.name], costs)
    finally:
        for worker in workers.values():
            worker.close()
    return rows


def _ask_set(
    each: QuestionSet,
    workers: dict[str, Child],
    rows: dict[str, list[Row]],
    costs: table.Columns,
) -> None:
    for turn, question in enumerate(each.questions):
        first = turn % len(PEERS)
        for peer in PEERS[first:] + PEERS[:first]:
            done = workers[peer].tell("ask", question=question.text)
            rows[peer].append(Row(question, Reply(**done["reply"]), done["seconds"]))
            costs[peer].setdefault(f"ask_peak_mb_{each.name}", 0)
            costs[peer][f"ask_peak_mb_{each.name}"] = round(done["peak_mb"])


def report(each: QuestionSet, rows: dict[str, list[Row]]) -> dict[str, Any]:
    """Return the figures of a set, with every reply."""
    surest = sum(bool(row.reply.shown) for row in rows["product"])
    return {
        "notes": sum(1 for _ in each.corpus.notes.rglob("*.md")),
        "passages": len(each.corpus.passages()),
        "questions": len(each.questions),
        "unanswerable": sum(not question.answers for question in each.questions),
        "surest": surest,
        "figures": {peer: score(rows[peer], surest) for peer in PEERS},
        "replies": {peer: [row.to_json() for row in rows[peer]] for peer in PEERS},
    }


def measure(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Run everything."""
    versions, models = weights.install(), weights.restored()
    given = [
        sets.public(options.data / "qa", scratch / "public", options.limit),
        sets.real(options.data / "notes", QUESTIONS, scratch / "real", options.limit),
    ]
    for each in given:
        if each.corpus.lent:
            lending.lend(each.corpus, models)
    began = time.perf_counter()
    costs = build(given, models, scratch)
    rows = ask(given[::-1], models, scratch, costs)
    theirs = weights.size_mb(models / "multilingual-e5", models / "reader")
    for peer, found in costs.items():
        ours = weights.size_mb(MODEL_FOLDER, READER_FOLDER)
        found["models_mb"] = round({"product": ours, "bm25": 0.0}.get(peer, theirs), 1)
        found["ask_peak_mb"] = found["ask_peak_mb_real"]
    return {
        "machine": describe(),
        "peer_packages": versions,
        "seconds": round(time.perf_counter() - began),
        "costs": costs,
        "sets": {each.name: report(each, rows[each.name]) for each in given[::-1]},
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--limit", type=int, help="so many questions of each set, to try it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        result = measure(options, Path(scratch))
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if options.limit:
        print(text)
        return
    RESULT.write_text(text, encoding="utf-8")
    table.write(result)
    print(table.DOCUMENT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
