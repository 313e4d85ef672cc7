"""Starts the real servers and talks to them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
KB = [sys.executable, "-m", "kb.cli.main"]
PATIENCE_SECONDS = 120.0


@dataclass
class Server:
    """A server that answers, and keys by role."""

    process: subprocess.Popen[str]
    url: str
    keys: Mapping[str, str]

    def client(self, role: str | None) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.keys[role]}"} if role else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS)

    def call(
        self, method: str, path: str, role: str | None = "reader", **more: Any
    ) -> httpx.Response:
        with self.client(role) as client:
            return client.request(method, path, **more)


def environment(**variables: str) -> dict[str, str]:
    """Return this environment without settings of a base that someone works with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    return {**kept, "PYTHONPATH": str(ROOT), "KB_THREADS": "1", **variables}


@contextmanager
def serving(
    *arguments: str, keys: Mapping[str, str] | None = None, ready: str = "/ready", **variables: str
) -> Generator[Server]:
    """Run `kb ARGUMENTS` until the block ends; its last line before that names its address."""
    process = subprocess.Popen(
        [*KB, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(**variables),
    )
    assert process.stderr is not None
    try:
        said = ""
        for line in process.stderr:
            said += line
            if "http://" in line:
                server = Server(process, line.split()[-1], keys or {})
                if ready:
                    wait_until_ready(server, ready)
                yield server
                return
        raise AssertionError(f"the server ended: {said}")
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def wait_until_ready(server: Server, path: str) -> None:
    """Ask until the models are open."""
    end = time.monotonic() + PATIENCE_SECONDS
    while server.call("GET", path, None).status_code != 200:
        assert time.monotonic() < end, "never ready"
        time.sleep(0.05)
