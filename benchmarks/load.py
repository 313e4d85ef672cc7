"""Many users at once: ``python -m benchmarks.load [--users 50] [--seconds 300]``.

Starts the real HTTP server (`kb serve --api`, extra `api`) on this machine with notes of its own.
Every user has a tower that only their notes tell of, asks about it, then in the same chat leans on
that ("And who built it?"): an answer from another's note is a wrong conversation. Meanwhile notes
are being added, and each is asked for in the end. It stops by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import describe

RESULT = Path(__file__).parent / "results" / "load.json"
MOST_USERS, MOST_SECONDS = 200, 900.0
NOTE_EVERY_SECONDS, MEMORY_EVERY_SECONDS = 5.0, 5.0
ROOT = Path(__file__).parents[1]
_FIRST = ("Alda", "Bero", "Cuno", "Dora", "Egon", "Fira", "Gero", "Hila", "Ivo", "Jutta")
_SECOND = ("bach", "berg", "dorf", "feld", "hain", "heim", "loh", "mark", "stedt", "wald",
           "au", "born", "burg", "furt", "hof", "horn", "kamp", "rode", "see", "tal")  # fmt: skip


@dataclass
class Seen:
    """What users saw; guarded by ``lock``."""

    milliseconds: list[float] = field(default_factory=list)
    answered: int = 0
    errors: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def tower(number: int) -> str:
    """Return the name of a user's tower."""
    return f"{_FIRST[number % 10]}{_SECOND[number // 10 % 20]}"


def note(number: int) -> str:
    """Return the note of a user's tower."""
    name = tower(number)
    return (
        f"# {name} tower\n\nThe {name} tower was finished in {1200 + 3 * number}. It was built by"
        f" the mason Otto {name}er.\n\nThe {name} tower is {20 + number} metres high.\n"
    )


def call(url: str, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:  # noqa: ANN401  JSON
    """Send JSON, return JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, method=method)
    request.add_header("content-type", "application/json")
    request.add_header("if-none-match", "*") if method == "PUT" else None
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def use(url: str, number: int, end: float, seen: Seen) -> None:
    """Be one user until the end: a question, and one that leans on it."""
    name = tower(number)
    first = f"When was the {name} tower finished?"
    while time.monotonic() < end:
        ask(url, number, {"question": first}, seen)
        ask(url, number, {"question": "And who built it?", "earlier": [first]}, seen)


def ask(url: str, number: int, body: dict[str, Any], seen: Seen) -> None:
    """Ask once, and note down what came."""
    began = time.perf_counter()
    try:
        answer = call(url, "/v1/ask", body)
    except (OSError, ValueError) as exc:
        with seen.lock:
            seen.errors.append(f"{body['question']}: {exc}")
        return
    milliseconds = 1000 * (time.perf_counter() - began)
    strange = {each["note"] for each in answer["citations"]} - {f"{number}.md"}
    with seen.lock:
        seen.milliseconds.append(milliseconds)
        seen.answered += answer["answer"] is not None
        if strange or answer["question"] != body["question"]:
            seen.wrong.append(f"user {number}: {body['question']} → {sorted(strange)}")


def add_notes(url: str, end: float, added: list[int], seen: Seen) -> None:
    """Add a note every few seconds until the end."""
    number = 1000
    while time.monotonic() < end:
        try:
            source = f"# Bridge {number}\n\nBridge {number} has {number + 7} stones.\n"
            call(url, f"/v1/notes/added/{number}.md", {"source": source}, "PUT")
            added.append(number)
        except (OSError, ValueError) as exc:
            with seen.lock:
                seen.errors.append(f"adding {number}: {exc}")
        number += 1
        time.sleep(NOTE_EVERY_SECONDS)


def memory_mib(process: int) -> float:
    """Return the resident memory of a process, from /proc."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@contextmanager
def serving(notes: Path) -> Generator[tuple[str, int]]:
    """Run the server until the block ends; give its address and process."""
    command = [sys.executable, "-m", "kb.cli.main", "serve", "--api", "--port", "0", "-n"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    variables = {**kept, "PYTHONPATH": str(ROOT), "KB_REQUESTS_PER_MINUTE": "0"}
    log = notes.parent / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen([*command, str(notes)], env=variables, stderr=output)
    try:
        until = time.monotonic() + 300
        while "http://" not in (said := log.read_text(encoding="utf-8")):
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the server did not start: {said}")
            time.sleep(0.2)
        url = next(word for word in said.split() if word.startswith("http://"))
        while not _is_ready(url):
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the server is never ready: {log.read_text(encoding='utf-8')}")
            time.sleep(0.2)
        yield url, server.pid
    finally:
        server.terminate()
        server.wait(60)


def _is_ready(url: str) -> bool:
    try:
        call(url, "/ready", method="GET")
    except (OSError, ValueError):
        return False
    return True


def measure(users: int, seconds: float) -> dict[str, Any]:
    """Run all users for a while and sum up."""
    seen, added = Seen(), list[int]()
    with tempfile.TemporaryDirectory(prefix="kb-load-") as folder:
        notes = Path(folder) / "notes"
        write_notes(notes, users)
        with serving(notes) as (url, process):
            for number in range(min(users, 8)):
                call(url, "/v1/ask", {"question": f"How high is the {tower(number)} tower?"})
            end = time.monotonic() + seconds
            threads = [
                threading.Thread(target=use, args=(url, number, end, seen))
                for number in range(users)
            ]
            threads.append(threading.Thread(target=add_notes, args=(url, end, added, seen)))
            levels = watched(threads, process)
            found = wait_for_added(url, added, seen)
            levels.append(memory_mib(process))
    return summed(users, seconds, seen, added, found, levels)


def wait_for_added(url: str, added: list[int], seen: Seen) -> int:
    """Count the added notes that are found in the end; indexing may be a moment behind."""
    until, waiting = time.monotonic() + 60, set(added)
    while waiting and time.monotonic() < until:
        for number in sorted(waiting):
            try:
                query = f"/v1/search?query=Bridge%20{number}%20stones&k=3&rerank=false"
                hits = call(url, query, method="GET")
            except (OSError, ValueError) as exc:
                seen.errors.append(f"searching {number}: {exc}")
                continue
            if any(hit["citation"]["note"] == f"added/{number}.md" for hit in hits):
                waiting.discard(number)
        time.sleep(0.5)
    return len(added) - len(waiting)


def summed(
    users: int, seconds: float, seen: Seen, added: list[int], found: int, levels: list[float]
) -> dict[str, Any]:
    """Return the figures."""
    times = sorted(seen.milliseconds) or [float("nan")]
    third = max(1, len(levels) // 3)
    return {
        "users": users,
        "seconds": seconds,
        "questions": len(seen.milliseconds),
        "answered": seen.answered,
        "errors": len(seen.errors),
        "wrong_conversations": len(seen.wrong),
        "examples": [*seen.errors[:5], *seen.wrong[:5]],
        "median_ms": round(statistics.median(times)),
        "p95_ms": round(times[min(len(times) - 1, int(0.95 * len(times)))]),
        "notes_added": len(added),
        "notes_added_found": found,
        "memory_mib": {
            "at_start": round(levels[0]),
            "first_third": round(statistics.mean(levels[:third])),
            "last_third": round(statistics.mean(levels[-third:])),
            "at_end": round(levels[-1]),
        },
    }


def report(
    name: str, text: str | None, result: Path, measured: Callable[[int, float], dict[str, Any]]
) -> int:
    """Read the command line, measure, print, keep; status 1 if anything went wrong.

    :param measured: the figures of so many users for so many seconds.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=text)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument(
        "--keep", action="store_true", help=f"write benchmarks/results/{result.name}"
    )
    options = parser.parse_args()
    users = max(1, min(MOST_USERS, options.users))
    found = measured(users, max(1.0, min(MOST_SECONDS, options.seconds)))
    shown = json.dumps({**found, "machine": describe()}, indent=2, ensure_ascii=False)
    print(shown)
    if options.keep:
        result.write_text(shown + "\n", encoding="utf-8")
    whole = found["notes_added"] == found["notes_added_found"]
    return 1 if found["errors"] or found["wrong_conversations"] or not whole else 0


def write_notes(notes: Path, users: int) -> None:
    """Write the note of every user's tower into a new folder."""
    notes.mkdir()
    for number in range(users):
        (notes / f"{number}.md").write_text(note(number), encoding="utf-8")


def watched(threads: Sequence[threading.Thread], process: int) -> list[float]:
    """Start threads; return the memory of a process (MiB) every few seconds until they end."""
    levels: list[float] = []
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        levels.append(memory_mib(process))
        time.sleep(MEMORY_EVERY_SECONDS)
    return levels


def main() -> int:
    """Measure the HTTP server."""
    return report("load", __doc__, RESULT, measure)


if __name__ == "__main__":
    raise SystemExit(main())
