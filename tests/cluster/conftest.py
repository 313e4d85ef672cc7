"""Tests on real engines: `make test-cluster`. Without their packages they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = {"milvus": ("pymilvus", "milvus_lite"), "ray": ("ray",)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs an engine that is not installed, and say which."""
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        engine = "ray" if "ray" in item.path.stem else "milvus"
        missing = [name for name in PACKAGES[engine] if find_spec(name) is None]
        if missing:
            reason = f"{missing[0]} is not installed: make test-cluster installs it"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Milvus Lite of this process; its address, on loopback."""
    from milvus_lite.adapter.grpc.server import start_server_in_thread

    folder = tmp_path_factory.mktemp("milvus") / "lite.db"
    server, database, port = start_server_in_thread(str(folder), host="127.0.0.1")
    yield f"http://127.0.0.1:{port}"
    server.stop(grace=1).wait()
    database.close()
