"""Kill -9 at random moments: ``python -m benchmarks.crash [--kills 200] [--seed 1]``.

A worker adds, edits and deletes notes, saves entries of the FAQ, keeps turns of a chat and indexes,
in random order, and says before and after each what it does. It is killed after a random time, and
the next start looks at what it left:

- what the worker said was done is there, what it was at is there wholly or not at all;
- nothing is there twice: files, passages, vectors, words, questions, turns;
- nothing is orphaned: rows without owner, vectors of no passage, half-written files;
- SQLite's own integrity check passes on both databases.

Half-written files are removed once they are a minute old; the next start is told that they are. At
the end the base is compared with one made of the same notes anew. Writes
benchmarks/results/crash.json; ends with status 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from kb.notes.vault import scan
from retrieval.encoder import Encoder

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "crash.json"
BUNDLED = "retrieval.encoder:load_encoder"
FAQ, CHAT = "faq.md", "chat"
# What the worker does, and how often; killed within so many seconds.
KINDS = {"add": 4, "edit": 6, "delete": 1, "faq": 3, "chat": 4, "index": 5}
LIFE = (0.0, 0.8)
_LONG_AGO = 1_600_000_000
_PASSAGES = 2  # of each note that is written


def make_encoder(name: str) -> Encoder:
    """Call what ``MODULE:NAME`` names."""
    module, _, maker = name.partition(":")
    return getattr(importlib.import_module(module), maker)()


# The worker


def work(root: Path, seed: int, encoder: str) -> None:
    """Change the base until killed."""
    base = KnowledgeBase(Models(Settings(notes=root), encoder=make_encoder(encoder)))
    chance = random.Random(seed)
    print(json.dumps({"phase": "ready"}), flush=True)
    for number in itertools.count():
        (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
        token = f"tok{seed}x{number}"
        names = sorted(path.name for path in root.glob("n*.md"))
        if kind in ("edit", "delete") and not names:
            continue
        name = f"n{token}.md" if kind == "add" else chance.choice(names or [""])
        order = {"kind": kind, "name": name, "token": token}
        print(json.dumps(order | {"phase": "begin"}), flush=True)
        _do(base, root, kind, name, token)
        print(json.dumps(order | {"phase": "done"}), flush=True)


def _do(base: KnowledgeBase, root: Path, kind: str, name: str, token: str) -> None:
    if kind in ("add", "edit"):
        base.add_note(name, text_of(token), overwrite=kind == "edit")
    elif kind == "delete":
        (root / name).unlink()
    elif kind == "faq":
        base.curation.write_entry(FAQ, f"What is {token}?", f"It is {token}.")
    elif kind == "chat":
        base.history.add_turn(CHAT, f"What is {token}?", {"answer": token})
    else:
        base.index()


def text_of(token: str) -> str:
    """Return a note of two passages that hold the token."""
    return f"# Note\n\nThe word {token} is kept here.\n\n## More of {token}\n\nIt is {token}.\n"


# What must be there


@dataclass
class Ledger:
    """What was done, by what the worker said; ``notes`` by name, an absent one was deleted."""

    notes: dict[str, str] = field(default_factory=dict[str, str])
    faq: list[str] = field(default_factory=list[str])
    chat: list[str] = field(default_factory=list[str])
    done: Counter[str] = field(default_factory=Counter[str])
    killed_at: Counter[str] = field(default_factory=Counter[str])

    def take(self, lines: list[str]) -> dict[str, str] | None:
        """Note down what was done and return what was being done."""
        begun: dict[str, str] | None = None
        for line in lines:
            order = json.loads(line)
            if order["phase"] == "begin":
                begun = order
            elif order["phase"] == "done":
                self.apply(order)
                self.done[order["kind"]] += 1
                begun = None
        self.killed_at[begun["kind"] if begun else "between"] += 1
        return begun

    def apply(self, order: dict[str, str]) -> None:
        """Hold something as done."""
        kind, name, token = order["kind"], order["name"], order["token"]
        if kind in ("add", "edit"):
            self.notes[name] = token
        elif kind == "delete":
            self.notes.pop(name, None)
        elif kind in ("faq", "chat"):
            getattr(self, kind).append(token)


class Checker:
    """Looks at a base after each death and counts what is wrong."""

    def __init__(self, root: Path, encoder: Encoder) -> None:
        self.root, self.encoder = root, encoder
        self.ledger = Ledger()
        self.wrong: list[str] = []
        self._round = 0

    def check(self, lines: list[str]) -> None:
        """Take what the worker said before it was killed, start again and look."""
        self._round += 1
        begun = self.ledger.take(lines)
        self._integrity()
        for path in self._half_written():
            os.utime(path, (_LONG_AGO, _LONG_AGO))
        with closing(self._open(self.root)) as base:
            base.index()
            base.settle()
            if begun is not None and self._is_there(base, begun):
                self.ledger.apply(begun)
            self._notes(base)
            self._saved(base)
            self._indexes(base)
        for path in self._half_written():
            self._report(f"orphan: {path.name}")

    def _report(self, what: str) -> None:
        self.wrong.append(f"after kill {self._round}: {what}")

    def _half_written(self) -> list[Path]:
        return [path for path in self.root.rglob(".kb-*.tmp") if path.exists()]

    def _integrity(self) -> None:
        for name in ("index.db", "history.db"):
            path = self.root / ".kb" / name
            if not path.exists():
                continue
            with closing(sqlite3.connect(path)) as connection:
                found = connection.execute("PRAGMA integrity_check").fetchall()
                strays = connection.execute("PRAGMA foreign_key_check").fetchall()
            if found != [("ok",)] or strays:
                self._report(f"integrity of {name}: {found[:1]} {strays[:1]}")

    def _is_there(self, base: KnowledgeBase, begun: dict[str, str]) -> bool:
        """Say whether what was being done when the worker died was done all the same."""
        kind, token, file = begun["kind"], begun["token"], self.root / begun["name"]
        if kind == "delete":
            return not file.exists()
        if kind in ("add", "edit"):
            return file.is_file() and token in file.read_text(encoding="utf-8")
        if kind == "faq":
            return token in self._faq_text()
        return kind == "chat" and any(token in turn.question for turn in base.history.turns(CHAT))

    def _faq_text(self) -> str:
        path = self.root / FAQ
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _notes(self, base: KnowledgeBase) -> None:
        """Compare files and catalogue with the ledger."""
        expected = dict(self.ledger.notes)
        found = {file.path for file in scan(self.root).files} - {FAQ}
        if found != expected.keys():
            self._report(f"lost or doubled notes: {sorted(found ^ expected.keys())[:3]}")
        for name in found & expected.keys():
            if (self.root / name).read_text(encoding="utf-8") != text_of(expected[name]):
                self._report(f"another text in {name}")
        with base._catalog.view() as view:
            for name, token in expected.items():
                texts = [passage.text for passage in view.passages_of(name)]
                if texts != [f"The word {token} is kept here.", f"It is {token}."]:
                    self._report(f"passages of {name}: {texts[:3]}")

    def _saved(self, base: KnowledgeBase) -> None:
        """Compare entries and turns with the ledger."""
        with base._catalog.view() as view:
            asked = Counter(each.question for each in view.questions()[0] if each.note == FAQ)
        if asked != Counter(f"What is {token}?" for token in self.ledger.faq):
            self._report(f"entries: {len(self.ledger.faq)} saved, {asked.total()} found")
        turns = [turn.question for turn in base.history.turns(CHAT)]
        if turns != [f"What is {token}?" for token in self.ledger.chat]:
            self._report(f"turns: {len(self.ledger.chat)} kept, {len(turns)} found")

    def _indexes(self, base: KnowledgeBase) -> None:
        """Compare what can be searched with the catalogue."""
        with base._catalog.view() as view:
            problems = view.check()
            ids = view.vectors()[0].tolist()
            stray = view._rows(
                "SELECT count(*) FROM vectors WHERE id NOT IN (SELECT vector_id FROM passages)"
                " AND id NOT IN (SELECT vector_id FROM questions)"
            )[0][0]
        if problems or stray:
            self._report(f"catalogue: {problems[:1]}, {stray} vectors of nothing")
        index = base._passages
        sizes = {"vectors": len(index._dense.vectors), "words": len(index._lexical)}
        if len(ids) != len(set(ids)) or set(sizes.values()) != {len(ids)}:
            self._report(f"of {len(ids)} passages, {len(set(ids))} ids, there are {sizes}")
        self._found_by_meaning(base, ids)
        self._found_by_words(base)

    def _found_by_meaning(self, base: KnowledgeBase, ids: list[int]) -> None:
        """Look whether every passage has its vector, and no other is there."""
        anything = np.full(self.encoder.dimension, self.encoder.dimension**-0.5, np.float32)
        found = [id_ for id_, _ in base._passages.nearest(anything, 2 * len(ids) + 2)]
        if sorted(found) != sorted(ids):
            self._report(f"vectors of others: {sorted(set(found) ^ set(ids))[:5]}")

    def _found_by_words(self, base: KnowledgeBase) -> None:
        """Look for every note by its word alone: what lies near in meaning is no matter."""
        with base._catalog.view() as view:
            ids = {
                name: {passage.id for passage in view.passages_of(name)}
                for name in self.ledger.notes
            }
        for name, token in self.ledger.notes.items():
            best = [id_ for id_, _ in base._passages._lexical.search(token, _PASSAGES)]
            if sorted(best) != sorted(ids[name]):
                self._report(f"{token} is found in passages {best}, not {sorted(ids[name])}")

    def compare_with_fresh(self, scratch: Path) -> None:
        """Make a base of the same notes anew and compare what is stored."""
        for file in scan(self.root).files:
            (scratch / file.path).write_bytes((self.root / file.path).read_bytes())
        with closing(self._open(scratch)) as fresh:
            fresh.index()
            with closing(self._open(self.root)) as base:
                if _stored(base) != _stored(fresh):
                    self._report("the base differs from one made anew")

    def _open(self, root: Path) -> KnowledgeBase:
        return KnowledgeBase(Models(Settings(notes=root), encoder=self.encoder))


def _stored(base: KnowledgeBase) -> set[tuple[Any, ...]]:
    with base._catalog.view() as view:
        passages = view.passages_by_id(view.vectors()[0].tolist()).values()
        return {(p.note, p.ordinal, p.heading, p.text, p.start, p.end) for p in passages} | {
            (q.note, q.question, q.answer) for q in view.questions()[0]
        }


# Killing


@contextmanager
def _worker(root: Path, seed: int, encoder: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.crash", "--work", str(root), str(seed), encoder]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process


def run(kills: int, seed: int, encoder: str, life: tuple[float, float] = LIFE) -> dict[str, Any]:
    """Kill so many workers and return what was found.

    :param encoder: ``MODULE:NAME`` of what makes it.
    :param life: least and most seconds from a worker's readiness to its death.
    """
    began = time.perf_counter()
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="kb-crash-") as folder:
        root, scratch = Path(folder) / "notes", Path(folder) / "fresh"
        root.mkdir()
        scratch.mkdir()
        checker = Checker(root, make_encoder(encoder))
        for number in range(kills):
            with _worker(root, seed * 10_000 + number, encoder) as process:
                assert process.stdout is not None
                ready = process.stdout.readline()
                time.sleep(chance.uniform(*life))
                process.send_signal(signal.SIGKILL)
                said = ready + process.stdout.read()
            # A line cut short was not said.
            checker.check(said.splitlines() if said.endswith("\n") else said.splitlines()[:-1])
            if sys.stderr.isatty():
                print(f"\r{number + 1} of {kills}", end="", file=sys.stderr, flush=True)
        checker.compare_with_fresh(scratch)
    ledger = checker.ledger
    return {
        "kills": kills,
        "seed": seed,
        "killed_during": dict(sorted(ledger.killed_at.items())),
        "done_before": dict(sorted(ledger.done.items())),
        "notes_at_the_end": len(ledger.notes),
        "wrong": checker.wrong,
        "seconds": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    """Kill, count, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--encoder", default=BUNDLED, help=argparse.SUPPRESS)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        root, seed, encoder = options.work
        work(Path(root), int(seed), encoder)
        return
    found = run(options.kills, options.seed, options.encoder)
    print(json.dumps(found, indent=2))
    if options.kills >= 200:
        RESULT.write_text(json.dumps(found | {"machine": describe()}, indent=2) + "\n")
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
