"""A peer in a process of its own: ``python -m benchmarks.peers.worker PEER WEIGHTS``.

Reads commands from standard input and answers each with a line of JSON; whatever the libraries
print goes to standard error.
"""

import importlib
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.peers.peer import Corpus, Peer

CLASSES = {
    "product": "Product",
    "plain": "Plain",
    "txtai": "Txtai",
    "haystack": "Haystack",
    "bm25": "Bm25",
}


def load(name: str, weights: Path) -> Peer:
    """Make a peer by its module's name."""
    module = importlib.import_module(f"benchmarks.peers.{name}")
    return getattr(module, CLASSES[name])(weights)


def peak_mb() -> float:
    """Return the most memory this process ever held."""
    # Not getrusage: what the parent held before exec counts there.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def obey(peer: Peer, command: dict[str, Any]) -> dict[str, Any]:
    """Do what a command says."""
    began = time.perf_counter()
    if command["do"] == "build":
        folder = Path(command["folder"])
        folder.mkdir(parents=True)
        peer.build(Corpus(Path(command["corpus"]), command["lent"]), folder)
    elif command["do"] == "open":
        peer.open(Path(command["folder"]))
    else:
        reply = peer.ask(command["question"])
        return {"seconds": time.perf_counter() - began, "reply": asdict(reply)}
    return {"seconds": time.perf_counter() - began, "peak_mb": peak_mb()}


def main() -> None:
    """Obey until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    peer = load(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin:
        result = {**obey(peer, json.loads(line)), "peak_mb": peak_mb()}
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
