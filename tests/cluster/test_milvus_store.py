"""What is Milvus's own: fillings, several bases, readers, its hybrid search, a server that dies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb.catalog.catalog import Catalog
from kb.catalog.rows import IndexRow
from kb.config import Settings
from kb.errors import EncoderChanged, LockedError, StoreError
from kb.indexing.passage_index import PassageIndex
from kb.indexing.sync import index_folder
from kb.store.milvus import filling
from kb.store.milvus.collection import BaseCollection
from kb.store.milvus.lease import Lease
from kb.store.milvus.store import MilvusStore, default_base
from retrieval.scope import Scope
from tests.kb.fake_encoder import FakeEncoder

NOTES = 30


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    for number in range(NOTES):
        _write(folder, number, f"Text of number {number}.")
    index_folder(folder, FakeEncoder())
    return folder


def _write(root: Path, number: int, text: str) -> None:
    path = root / ("even" if number % 2 == 0 else "odd") / f"{number:02d}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    tags = f"---\ntags: ['t{number % 3}', '\"quoted\" 标签']\n---\n"
    path.write_text(f"{tags}# N{number}\n\n{text}", encoding="utf-8")


@contextmanager
def opened(
    root: Path, address: str, base: str = "", encoder: FakeEncoder | None = None, **settings: bool
) -> Iterator[MilvusStore]:
    named = Settings.load(root, store=address, store_base=base or None, **settings)
    catalog = Catalog(root)
    store = MilvusStore.open(named, catalog, encoder or FakeEncoder())
    try:
        yield store
    finally:
        store.close()
        catalog.close()


def ids_of(root: Path) -> set[int]:
    catalog = Catalog(root)
    with catalog.view() as view:
        ids = set(view.vectors()[0].tolist())
    catalog.close()
    return ids


def found(store: MilvusStore, scope: Scope | None = None) -> set[int]:
    return {hit.id for hit in store.search("text of number", 200, scope)}


def test_every_passage_is_found_and_changes_are_followed(root: Path, store: str) -> None:
    with opened(root, store) as passages:
        assert found(passages) == ids_of(root)
        assert len(passages) == NOTES
        _write(root, 3, "Zebras graze.")
        (root / "even" / "04.md").unlink()
        index_folder(root, FakeEncoder())
        assert passages.search("zebras", 1)[0].id in ids_of(root)
        assert len(passages) == NOTES - 1
        index_folder(root, FakeEncoder(), rebuild=True)
        assert found(passages) == ids_of(root)
        assert len(passages) == NOTES - 1


@pytest.mark.parametrize(
    "scope",
    [
        Scope(tags=("T1",)),
        Scope(folders=("even",)),
        Scope(tags=("t0", "t2"), folders=("odd/",)),
        Scope(tags=('"quoted" 标签',)),
        Scope(tags=('nothing" or base != "',)),
    ],
)
def test_scope_is_a_condition_of_the_search(root: Path, store: str, scope: Scope) -> None:
    catalog = Catalog(root)
    with catalog.view() as view:
        expected = set(view.ids_in_scope(scope).tolist())
    catalog.close()
    with opened(root, store) as passages:
        assert found(passages, scope) == expected


def test_scores_are_those_of_the_embedded_store(root: Path, store: str) -> None:
    """With weights that were fitted, cosines and sums of BM25 agree passage by passage."""
    catalog = Catalog(root)
    embedded = PassageIndex(catalog, FakeEncoder(), 0.005)
    named = Settings.load(root, store=store)
    passages = MilvusStore.open(named, catalog, FakeEncoder(), 0.005)
    for question in ("number 7", "text 12", "N3"):
        expected = {hit.id: hit for hit in embedded.search(question, 200)}
        hits = passages.search(question, 200)
        assert {hit.id for hit in hits} == set(expected)
        for hit in hits:
            assert hit.dense == pytest.approx(expected[hit.id].dense, abs=1e-3)
            assert hit.lexical == pytest.approx(expected[hit.id].lexical, rel=0.05)
    passages.close()
    embedded.close()
    catalog.close()


def test_bases_of_one_cluster_do_not_meet(root: Path, tmp_path: Path, store: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.md").write_text("# A\n\nText of number 1, of another base.")
    index_folder(other, FakeEncoder())
    with opened(root, store) as first, opened(other, store) as second:
        first.follow()
        assert found(second) == ids_of(other)
        assert len(first) == NOTES
        assert default_base(Settings.load(root)) != default_base(Settings.load(other))


def test_reader_sees_what_the_writer_wrote_and_writes_nothing(root: Path, store: str) -> None:
    with opened(root, store, "shared", store_writes=False) as reader:
        assert found(reader) == set()
        with opened(root, store, "shared") as writer:
            writer.follow()
        reader.follow()
        assert found(reader) == ids_of(root)


def test_second_writer_is_told_and_goes_on_asking(root: Path, store: str) -> None:
    with opened(root, store) as passages:
        passages.follow()
        _write(root, 1, "Zebras graze.")
        index_folder(root, FakeEncoder())
        with Lease(passages._ledger):
            with pytest.raises(LockedError, match="is being written by process"):
                passages.follow()
            assert len(found(passages)) >= NOTES - 1
        passages.follow()
        assert found(passages) == ids_of(root)


def test_other_encoder_is_refused(root: Path, store: str) -> None:
    with opened(root, store, "refused") as passages:
        passages.follow()
    other = FakeEncoder(fingerprint="fake-2")
    with (
        opened(root, store, "refused", other, store_writes=False) as passages,
        pytest.raises(EncoderChanged, match="fake-1"),
    ):
        passages.search("text", 1)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("notes.txt", "neither an address"),
        ("nowhere/notes.db", "there is no folder nowhere"),
    ],
)
def test_store_that_cannot_be_is_named(root: Path, address: str, said: str) -> None:
    with pytest.raises(StoreError, match=said), opened(root, address):
        pass


# A server that is killed

_SERVER = """
import sys
from milvus_lite.adapter.grpc.server import start_server_in_thread
server, _, _ = start_server_in_thread(sys.argv[1], "127.0.0.1", int(sys.argv[2]))
print("ready", flush=True)
server.wait_for_termination()
"""


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server of a folder; the process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", _SERVER, str(folder), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        try:
            yield server, f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def test_server_killed_while_it_is_written_loses_nothing_acknowledged(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    folder = tmp_path / "lite.db"
    acknowledged: list[int] = []
    put = BaseCollection.put
    with serving(folder) as (server, address), opened(root, address, "killed") as passages:

        def put_and_die(self: BaseCollection, fill: int, rows: list[IndexRow]) -> None:
            put(self, fill, rows)
            acknowledged.extend(row.entry.id for row in rows)
            if len(acknowledged) == 15:
                threading.Thread(target=os.kill, args=(server.pid, signal.SIGKILL)).start()
                server.wait()

        monkeypatch.setattr(BaseCollection, "put", put_and_die)
        with pytest.raises(StoreError, match=f"the store {address} cannot be used"):
            passages.follow()
    monkeypatch.setattr(BaseCollection, "put", put)
    with (
        serving(folder) as (_, address),
        opened(root, address, "killed", store_writes=False) as reader,
        opened(root, address, "killed") as passages,
    ):
        fill = reader._ledger.stamp().draft.fill
        assert BaseCollection(reader._connection, "killed").count(fill, "Strong") == 15
        # Who wrote could not give its lease back: it would go on for a while.
        for name in passages._ledger.entries("claim"):
            passages._ledger.drop("claim", name)
        passages.follow()
        assert found(passages) == ids_of(root)
        assert len(passages) == NOTES
