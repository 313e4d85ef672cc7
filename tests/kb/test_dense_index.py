from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kb.catalog.catalog import Catalog
from kb.catalog.view import CatalogView
from kb.indexing import dense_index
from kb.indexing.passage_index import PassageIndex
from kb.indexing.sync import index_folder
from retrieval import vector_lists
from retrieval.errors import RetrievalError
from tests.damage import put
from tests.kb.fake_encoder import FakeEncoder
from tests.permissions import unprivileged

NOTES = 30


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Thirty notes of one passage each, where twenty passages are worth a snapshot."""
    monkeypatch.setattr(dense_index, "SNAPSHOT_FROM", 20)
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(NOTES):
        _write(folder, number, f"Text of number {number}.")
    index_folder(folder, FakeEncoder())
    return folder


def _write(root: Path, number: int, text: str) -> None:
    (root / f"{number:02d}.md").write_text(f"# N{number}\n\n{text}", encoding="utf-8")


@contextmanager
def opened(root: Path, engine: dense_index.Engine = "auto") -> Iterator[PassageIndex]:
    catalog = Catalog(root)
    index = PassageIndex(catalog, FakeEncoder(), engine=engine)
    try:
        yield index
    finally:
        index.close()
        catalog.close()


def check(index: PassageIndex, root: Path) -> None:
    """Compare all that the vectors hold with the catalogue."""
    index.follow()
    vectors = index._dense.vectors
    with Catalog(root).view() as view:
        ids, rows = view.vectors()
    assert len(vectors) == len(ids)
    for row in rows[::7].astype(np.float32):
        found = dict(vectors.search(row, len(ids)))
        expected = (rows.astype(np.float32) @ row).tolist()
        assert found == pytest.approx(dict(zip(ids.tolist(), expected, strict=True)), abs=1e-3)


def snapshot_name(root: Path) -> str:
    (path,) = (root / ".kb" / "vectors").glob("*.flat")
    return path.stem


def test_many_passages_are_opened_from_a_snapshot_without_reading_the_catalogue(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(root) as index:
        check(index, root)
    real = CatalogView.iter_vectors

    def since_only(view: CatalogView, since: int = 0) -> Any:
        assert since, "all vectors were read"
        return real(view, since)

    with opened(root) as index:
        monkeypatch.setattr(CatalogView, "iter_vectors", since_only)
        index._dense.generation = 0
        index.follow()
        monkeypatch.undo()
        check(index, root)


def test_few_passages_are_kept_in_memory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_index, "SNAPSHOT_FROM", 31)
    with opened(root) as index:
        check(index, root)
    assert not (root / ".kb" / "vectors").exists()


def test_snapshot_is_caught_up_with_what_changed_since(root: Path) -> None:
    with opened(root):
        pass
    first = snapshot_name(root)
    _write(root, 3, "Zebras.")
    (root / "04.md").unlink()
    index_folder(root, FakeEncoder())
    with opened(root) as index:
        assert index._dense.vectors.changes == 3
        check(index, root)
        _write(root, 5, "Giraffes.")
        index_folder(root, FakeEncoder())
        check(index, root)
    assert snapshot_name(root) == first


def _removed(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _cut(folder: Path) -> None:
    (path,) = folder.glob("*.flat")
    put(path, path.read_bytes()[:-1])


def _garbage(folder: Path) -> None:
    (folder / "stamp.json").write_text("garbage")


@pytest.mark.parametrize("damage", [_removed, _cut, _garbage])
def test_lost_or_damaged_snapshot_is_made_again_without_embedding(
    root: Path, damage: Callable[[Path], None]
) -> None:
    with opened(root):
        pass
    damage(root / ".kb" / "vectors")
    with opened(root) as index:
        check(index, root)
        assert index._encoder.embedded == 0  # type: ignore[attr-defined]
        assert index._dense.vectors.snapshot is not None
    with opened(root) as index:
        assert index._dense.vectors.changes == 0


def test_rebuilt_catalogue_gets_a_new_snapshot(root: Path) -> None:
    with opened(root) as index:
        first = snapshot_name(root)
        index_folder(root, FakeEncoder(), rebuild=True)
        check(index, root)
    assert snapshot_name(root) != first


def test_catalogue_put_back_from_a_copy_gets_both_indexes_anew(root: Path) -> None:
    kept = (root / ".kb" / "index.db").read_bytes()
    _write(root, 0, "A text about giraffes.")
    index_folder(root, FakeEncoder())
    with opened(root) as index:
        before = index._lexical.generation
        first = snapshot_name(root)
    # Counting on from the copy, the catalogue comes to the same number with another content.
    (root / ".kb" / "index.db").write_bytes(kept)
    _write(root, 0, "A text about zebras.")
    index_folder(root, FakeEncoder())
    with opened(root) as index:
        assert index._lexical.generation == before
        assert [hit.id for hit in index.search("zebras", 1)]
        assert index.frequencies(["giraff", "giraffes", "zebra"]) == {
            "giraff": 0,
            "giraffes": 0,
            "zebra": 1,
        }
        check(index, root)
    assert snapshot_name(root) != first


def test_stale_snapshot_is_written_anew_behind_the_back(root: Path) -> None:
    with opened(root) as index:
        first = index._dense.vectors.snapshot
        for number in range(12):
            _write(root, number, f"Another text of number {number}.")
        index_folder(root, FakeEncoder())
        check(index, root)
        index.settle()
        second = index._dense.vectors.snapshot
        assert first is not None
        assert second is not None
        assert second.name != first.name
        assert index._dense.vectors.changes == 0
        check(index, root)
    assert snapshot_name(root) == second.name


@pytest.mark.parametrize(
    ("engine", "lists_from", "expected"),
    [("auto", 30, True), ("auto", 31, False), ("flat", 1, False), ("lists", 31, True)],
)
def test_lists_are_chosen_by_size_or_setting(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: dense_index.Engine,
    lists_from: int,
    expected: bool,
) -> None:
    monkeypatch.setattr(dense_index, "LISTS_FROM", lists_from)
    for again in (False, True):
        with opened(root, engine) as index:
            if not again:
                index.settle()
            snapshot = index._dense.vectors.snapshot
            assert snapshot is not None
            assert (snapshot.lists is not None) == expected
            check(index, root)


def test_asking_never_waits_for_the_lists(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_index, "LISTS_FROM", 1)
    training, go_on = threading.Event(), threading.Event()
    real = vector_lists.train

    def train(*given: Any) -> Any:
        training.set()
        go_on.wait()
        return real(*given)

    monkeypatch.setattr(vector_lists, "train", train)
    with opened(root) as index:
        training.wait()
        # What changes meanwhile is found at once, and still after the exchange.
        _write(root, 7, "Zebras.")
        index_folder(root, FakeEncoder())
        (asked, *_) = index.search("zebras", 1)
        go_on.set()
        index.settle()
        assert index._dense.vectors.snapshot is not None
        assert index._dense.vectors.snapshot.lists is not None
        assert index._dense.vectors.changes == 2
        assert index.search("zebras", 1)[0].id == asked.id
        check(index, root)


def test_closing_stops_the_training(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_index, "LISTS_FROM", 1)
    stopped: list[bool] = []

    def train(_vectors: object, is_unwanted: Callable[[], bool]) -> None:
        while not is_unwanted():
            pass
        stopped.append(True)
        raise vector_lists.Stopped

    monkeypatch.setattr(vector_lists, "train", train)
    with opened(root):
        pass
    assert stopped == [True]


def test_failed_training_leaves_the_flat_search(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_index, "LISTS_FROM", 1)

    def train(*_: object) -> None:
        raise RetrievalError("disk full")

    monkeypatch.setattr(vector_lists, "train", train)
    with opened(root) as index:
        index.settle()
        check(index, root)


def test_snapshot_that_another_process_wrote_is_taken_over(root: Path) -> None:
    with opened(root) as one, opened(root) as two:
        for number in range(12):
            _write(root, number, f"Another text of number {number}.")
        index_folder(root, FakeEncoder())
        one.follow()
        one.settle()
        written = snapshot_name(root)
        check(two, root)
        two.settle()
        check(two, root)
        assert two._dense.vectors.changes == 0
    assert snapshot_name(root) == written


def test_read_only_folder_is_searched_in_memory(root: Path) -> None:
    with opened(root):
        pass  # the lexical index must be there
    _removed(root / ".kb" / "vectors")
    (root / ".kb" / "vectors").rmdir()

    def held() -> tuple[bool, int]:
        with opened(root) as index:
            return index._dense.vectors.snapshot is None, len(index._dense.vectors)

    (root / ".kb").chmod(0o555)
    try:
        assert unprivileged(held) == (True, NOTES)
    finally:
        (root / ".kb").chmod(0o755)


def test_filters_apply_inside_the_search(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_index, "LISTS_FROM", 1)
    with opened(root) as index:
        index.settle()
        allowed = np.array([3, 9, 27])
        vector = FakeEncoder().encode_queries(["Text of number 12."])[0]
        found = index._dense.vectors.search(vector, 10, allowed)
        assert sorted(id_ for id_, _ in found) == allowed.tolist()


def test_new_base_puts_nothing_aside(root: Path) -> None:
    with opened(root):
        pass
    assert sorted(path.name for path in (root / ".kb").iterdir() if path.is_dir()) == [
        "lexical",
        "vectors",
    ]
