"""Proves that indexing and asking open no socket, in a process that Python and kernel watch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from kb.doctor.finding import Finding
from kb.doctor.socket_guard import ENDED_BY, is_reliable

# The slowest reporter that we know of opens its first socket after nine seconds.
LINGER_SECONDS = 20.0
_CHECK = "offline"
_NOTES = ("en/memory/long-short-term-memory.md", "en/architecture/self-attention.md")
_REMEDY = "tell us, with this line; until then, ask in a machine without a network"


@dataclass(slots=True)
class Watched:
    """What became of a process.

    :param guard: why the kernel did not watch; empty if it did, None if it was never tried.
    :param seen: what Python's audit hook saw.
    """

    status: int
    guard: str | None = None
    seen: list[str] = field(default_factory=list[str])
    stage: str = "starting"
    passages: int = 0
    error: str = ""


def check_offline(linger: float = LINGER_SECONDS) -> Iterator[Finding]:
    """Index a few starter notes and ask them, with the models that are set.

    :param linger: seconds that the process goes on living after its last answer.
    """
    watched = watch(linger)
    ended = watched.status == -ENDED_BY
    for seen in watched.seen:
        yield Finding(_CHECK, "broken", seen, "Python code reached for the network", _REMEDY)
    if ended and not watched.seen:
        message = "native code opened a socket; the kernel ended the process"
        yield Finding(_CHECK, "broken", f"while {watched.stage}", message, _REMEDY)
    if watched.status != 0 and not ended:
        message = f"the trial failed: {watched.error or f'exit status {watched.status}'}"
        yield Finding(_CHECK, "broken", f"while {watched.stage}", message, "mend this, then again")
    yield from _seen_by(watched, linger)


def _seen_by(watched: Watched, linger: float) -> Iterator[Finding]:
    """Say what was and what could not be looked at."""
    if watched.status == 0 and not watched.seen:
        message = (
            f"no socket in indexing {watched.passages} passages, asking in English and Chinese and"
            f" {linger:g} s afterwards"
        )
        yield Finding(_CHECK, "fact", "", message)
    yield Finding(_CHECK, "fact", "Python", "audit hook watched socket and HTTP calls")
    if watched.guard != "":
        message = f"the kernel could not watch ({watched.guard or 'never tried'}): native code is"
        remedy = "run it on Linux, or under strace -f -e trace=socket"
        yield Finding(_CHECK, "advice", "kernel", f"{message} not covered", remedy)
    elif is_reliable(_environment()):
        message = "seccomp filter on socket(2), over native code and threads; tried on a socket"
        yield Finding(_CHECK, "fact", "kernel", message)
    else:
        message = "the filter was set but let a socket pass: native code is not covered"
        yield Finding(_CHECK, "advice", "kernel", message, "look with strace -f -e trace=socket")
    message = "not looked at: `kb serve`, which listens on your own machine, and your browser"
    yield Finding(_CHECK, "fact", "", message)


def watch(linger: float) -> Watched:
    """Run the trial in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="kb-offline-") as folder:
        _fill(Path(folder))
        command = [sys.executable, "-m", "kb.doctor.offline_run", folder, str(linger)]
        run = subprocess.run(
            command, env=_environment(), capture_output=True, check=False, cwd=folder
        )
    watched = Watched(run.returncode)
    for line in run.stdout.splitlines():
        told: dict[str, Any] = json.loads(line)
        for name, value in told.items():
            if name == "seen":
                watched.seen.append(str(value))
            else:
                setattr(watched, name, value)
    lines = run.stderr.decode(errors="replace").strip().splitlines()
    watched.error = lines[-1] if lines else ""
    return watched


def _fill(folder: Path) -> None:
    with resources.as_file(resources.files("kb") / "starter") as starter:
        for name in _NOTES:
            shutil.copy(starter / name, folder)
        for note in (starter / "zh").rglob("长短期*.md"):
            shutil.copy(note, folder)


def _environment() -> Mapping[str, str]:
    """Return an environment in which a process finds this very package, wherever it starts."""
    package = Path(__file__).parents[2]
    paths = [str(package), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
