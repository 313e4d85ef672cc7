"""Indexes a folder of notes and serves its pages, as `kb index` and `kb serve` do."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.pages import launch

_PATIENCE_SECONDS = 90


def indexed(folder: Path, notes: Mapping[str, str]) -> Path:
    """Write notes, each by its path, into a folder that may not be there yet, and index them."""
    for path, text in notes.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    base.close()
    return folder


@contextmanager
def serving(settings: Settings, log: Path, cwd: Path | None = None) -> Generator[str]:
    """Serve until left, and give the address; fails if the server wrote a traceback.

    :param settings: a port of 0 becomes a free one.
    """
    command = launch.command(settings)
    (port,) = (each.partition("=")[2] for each in command if each.startswith("--server.port="))
    environment = launch.environment(settings)
    with log.open("a") as output:
        server = subprocess.Popen(command, env=environment, cwd=cwd, stdout=output, stderr=output)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
    assert "Traceback" not in log.read_text()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text()}")
