from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from kb.catalog.catalog import Catalog
from kb.catalog.rows import IndexRow
from kb.indexing.sync import index_folder
from kb.store.milvus import filling
from kb.store.milvus.filling import Filling
from kb.store.milvus.lease import Lease
from kb.store.milvus.ledger import Stamp
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.store.ledgers import MemoryLedger


class Stopped(Exception):
    pass


@dataclass
class MemoryCollection:
    """Passages by filling and id, and how many were written; it can stop at a number of them."""

    held: dict[int, dict[int, str]] = field(default_factory=dict[int, dict[int, str]])
    written: int = 0
    stop_at: int | None = None
    sealed: int = 0

    def put(self, fill: int, rows: Sequence[IndexRow]) -> None:
        if self.stop_at is not None and self.written + len(rows) > self.stop_at:
            raise Stopped
        self.written += len(rows)
        self.held.setdefault(fill, {}).update({row.entry.id: row.entry.text for row in rows})

    def remove(self, fill: int, ids: Iterable[int]) -> None:
        for number in ids:
            self.held.get(fill, {}).pop(number, None)

    def seal(self) -> None:
        self.sealed += 1

    def keep_only(self, fill: int) -> None:
        self.held = {fill: self.held.get(fill, {})}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty notes indexed in several generations; small batches."""
    monkeypatch.setattr(filling, "BATCH", 3)
    monkeypatch.setattr(filling, "_STAMPED", 4)
    for number in range(20):
        (tmp_path / f"{number:02d}.md").write_text(f"# N{number}\n\nText of number {number}.")
        if number % 5 == 4:
            index_folder(tmp_path, FakeEncoder())
    return tmp_path


def fill(root: Path, collection: MemoryCollection, ledger: MemoryLedger) -> Stamp:
    catalog = Catalog(root)
    try:
        with catalog.view() as view, Lease(ledger) as lease:
            return Filling(cast("Any", collection), ledger, lease, "fake-1").run(view)
    finally:
        catalog.close()


def check(root: Path, collection: MemoryCollection, stamp: Stamp) -> None:
    catalog = Catalog(root)
    with catalog.view() as view:
        assert (stamp.shown.generation, stamp.shown.state) == (view.generation(), view.state())
        expected = {row.entry.id: row.entry.text for row in view.rows_since(0)}
    catalog.close()
    assert expected
    assert collection.held == {stamp.shown.fill: expected}


def test_first_filling_writes_every_passage_once(root: Path) -> None:
    collection, ledger = MemoryCollection(), MemoryLedger()
    check(root, collection, fill(root, collection, ledger))
    assert collection.written == 20
    check(root, collection, fill(root, collection, ledger))
    assert collection.written == 20


def test_only_what_changed_is_written(root: Path) -> None:
    collection, ledger = MemoryCollection(), MemoryLedger()
    first = fill(root, collection, ledger)
    (root / "03.md").write_text("# N3\n\nZebras.")
    (root / "04.md").unlink()
    index_folder(root, FakeEncoder())
    second = fill(root, collection, ledger)
    check(root, collection, second)
    assert (collection.written, second.shown.fill) == (21, first.shown.fill)
    assert collection.sealed == 1


@pytest.mark.parametrize("stop_at", range(0, 20, 2))
def test_filling_that_was_stopped_is_taken_up_where_a_generation_was_through(
    root: Path, stop_at: int
) -> None:
    collection, ledger = MemoryCollection(stop_at=stop_at), MemoryLedger()
    with pytest.raises(Stopped):
        fill(root, collection, ledger)
    assert ledger.stamp().shown.fill == 0
    collection.stop_at, collection.written = None, 0
    check(root, collection, fill(root, collection, ledger))
    # Five passages each generation, three each batch, a stamp after four or more.
    assert collection.written <= 20 - max(0, stop_at - 8)


def test_change_that_was_stopped_is_made_whole(root: Path) -> None:
    collection, ledger = MemoryCollection(), MemoryLedger()
    fill(root, collection, ledger)
    for number in range(8):
        (root / f"{number:02d}.md").write_text(f"# N{number}\n\nZebra {number}.")
    index_folder(root, FakeEncoder())
    collection.stop_at = collection.written + 4
    with pytest.raises(Stopped):
        fill(root, collection, ledger)
    collection.stop_at = None
    check(root, collection, fill(root, collection, ledger))


def test_rebuilt_catalogue_is_filled_beside_and_shown_when_it_is_whole(root: Path) -> None:
    collection, ledger = MemoryCollection(), MemoryLedger()
    first = fill(root, collection, ledger)
    before = dict(collection.held[first.shown.fill])
    index_folder(root, FakeEncoder(), rebuild=True)
    collection.stop_at = collection.written + 7
    with pytest.raises(Stopped):
        fill(root, collection, ledger)
    assert ledger.stamp().shown == first.shown
    assert collection.held[first.shown.fill] == before
    collection.stop_at = None
    second = fill(root, collection, ledger)
    check(root, collection, second)
    assert second.shown.fill > first.shown.fill


def test_catalogue_made_anew_takes_the_place_of_the_old(root: Path) -> None:
    collection, ledger = MemoryCollection(), MemoryLedger()
    fill(root, collection, ledger)
    for path in (root / ".kb").glob("index.db*"):
        path.unlink()
    index_folder(root, FakeEncoder())
    check(root, collection, fill(root, collection, ledger))
