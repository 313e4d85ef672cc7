from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.access.keys import KeyStore
from tests.programs.running import Server, serving

NOTES = {
    "physics/ohm.md": (
        "---\ntags: [physics]\n---\n# Ohm's law\n\nOhm's law was published by **Georg Ohm** in"
        " 1827.\n"
    ),
    "海.md": "# 海洋\n\n海水平均盐度约为 3.5%。\n",
    "faq.md": "# FAQ\n\n## How many moons does Mars have?\n\nMars has two moons.\n",
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notes that the server of the session serves."""
    folder = tmp_path_factory.mktemp("served")
    for name, text in NOTES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    (folder / "latin.md").write_bytes(b"# caf\xe9\n")
    return folder


@pytest.fixture(scope="session")
def keys(folder: Path) -> dict[str, str]:
    store = KeyStore(folder / ".kb")
    (folder / ".kb").mkdir(exist_ok=True)
    return {role: store.add(f"test-{role}", role) for role in ("reader", "editor")}


@pytest.fixture(scope="session")
def server(folder: Path, keys: dict[str, str]) -> Iterator[Server]:
    """The HTTP API as a process of its own, with a key of each role."""
    with serving(
        "serve", "--api", "--port", "0", "-n", str(folder), keys=keys, KB_REQUESTS_PER_MINUTE="0"
    ) as server:
        yield server
