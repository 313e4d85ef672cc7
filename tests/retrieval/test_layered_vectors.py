from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval import vector_lists, vector_snapshot
from retrieval.errors import IndexDamaged, RetrievalError
from retrieval.layered_vectors import LayeredVectors
from retrieval.vector_snapshot import Snapshot
from retrieval.vectors import VectorIndex
from tests.damage import put

DIMENSION = 8
FORM = "encoder-1"


def unit(count: int, seed: int = 0, dimension: int = DIMENSION) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def pieces(
    ids: NDArray[np.int64], vectors: NDArray[np.float32], size: int = 100
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size], vectors[start : start + size].astype(np.float16)


def written(
    folder: Path, ids: NDArray[np.int64], vectors: NDArray[np.float32], *, lists: bool = False
) -> Snapshot:
    vector_snapshot.write(folder, pieces(ids, vectors), vectors.shape[1], 5, FORM)
    snapshot = vector_snapshot.read(folder, FORM)
    if lists:
        index = vector_lists.train(snapshot.vectors, lambda: False)
        vector_snapshot.add_lists(folder, snapshot, index)
        snapshot = vector_snapshot.read(folder, FORM)
        assert snapshot.lists is not None
    return snapshot


@pytest.mark.parametrize("lists", [False, True], ids=["flat", "lists"])
@pytest.mark.parametrize("count", [0, 1, 300])
def test_snapshot_holds_what_was_written(tmp_path: Path, count: int, lists: bool) -> None:
    if not count and lists:
        pytest.skip("nothing to train lists on")
    ids, vectors = np.arange(count, dtype=np.int64) * 3 + 2**40, unit(count)
    snapshot = written(tmp_path / "v", ids, vectors, lists=lists)
    assert (snapshot.generation, len(snapshot)) == (5, count)
    np.testing.assert_array_equal(snapshot.vectors, vectors.astype(np.float16))
    np.testing.assert_array_equal(snapshot.ids, ids)
    assert not list((tmp_path / "v").glob("*.partial"))
    for number in range(min(count, 5)):
        found, cosines = snapshot.search(vectors[number], 3, None)
        assert found[0] == ids[number]
        assert cosines[0] == pytest.approx(1, abs=2e-3)


@settings(max_examples=100, deadline=None)
@given(
    base=st.sets(st.integers(1, 40)),
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "remove"]), st.sets(st.integers(1, 40))), max_size=6
    ),
    allowed=st.none() | st.sets(st.integers(1, 45)),
    k=st.integers(-1, 50),
)
def test_layers_agree_with_one_index_of_everything(
    tmp_path_factory: pytest.TempPathFactory,
    base: set[int],
    steps: list[tuple[str, set[int]]],
    allowed: set[int] | None,
    k: int,
) -> None:
    rows = unit(60)

    def numbers(chosen: set[int]) -> NDArray[np.int64]:
        return np.array(sorted(chosen), np.int64)

    ids = numbers(base)
    layered = LayeredVectors(
        DIMENSION, written(tmp_path_factory.mktemp("layers") / "v", ids, rows[ids])
    )
    plain = VectorIndex(DIMENSION)
    plain.add(ids, rows[ids])
    gone: set[int] = set()
    for step, chosen in steps:
        if step == "add":
            new = numbers(chosen - gone)  # a removed id never comes again
            layered.add(new, rows[new])
            plain.add(new, rows[new])
        else:
            gone |= chosen
            layered.remove(numbers(chosen))
            plain.remove(numbers(chosen))
    query, limits = unit(1, 99)[0], None if allowed is None else numbers(allowed)
    assert len(layered) == len(plain)
    found, expected = layered.search(query, k, limits), plain.search(query, k, limits)
    assert [id_ for id_, _ in found] == [id_ for id_, _ in expected]
    everyone = np.arange(1, 50)
    np.testing.assert_allclose(
        layered.scores(query, everyone), plain.scores(query, everyone), atol=1e-3
    )


def clustered(count: int, dimension: int = 32) -> NDArray[np.float32]:
    centres = unit(100, 1, dimension)
    rows = centres[np.arange(count) % 100] + 0.7 * unit(count, 2, dimension)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("share", [None, 0.5, 0.002], ids=["all", "half", "few"])
def test_lists_find_what_exact_search_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float | None
) -> None:
    monkeypatch.setattr(vector_snapshot, "EXACT", 100)
    monkeypatch.setattr(vector_lists, "PROBES", 2.0)
    rows = clustered(10_000)
    snapshot = written(tmp_path / "v", np.arange(10_000), rows, lists=True)
    generator = np.random.default_rng(3)
    chosen = None if share is None else generator.random(10_000) < share
    recalls: list[float] = []
    for query in clustered(10_050)[-50:]:
        cosines = rows.astype(np.float16).astype(np.float32) @ query
        if chosen is not None:
            cosines = np.where(chosen, cosines, -2)
        best = np.argsort(-cosines)[:10]
        found, scores = snapshot.search(query, 10, chosen)
        assert len(found) == 10
        assert chosen is None or chosen[found].all()
        np.testing.assert_allclose(scores, cosines[found], atol=1e-3)
        recalls.append(len(np.intersect1d(found, best)) / 10)
    assert np.mean(recalls) > (0.9999 if share == 0.002 else 0.95)


def test_lists_stop_when_they_are_not_wanted() -> None:
    answers = iter([False, False, True])
    with pytest.raises(vector_lists.Stopped):
        vector_lists.train(clustered(500).astype(np.float16), lambda: next(answers))


def test_written_snapshot_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    old = written(tmp_path / "v", np.arange(50), unit(50), lists=True)
    new = written(tmp_path / "v", np.arange(60), unit(60))
    assert {path.stem for path in (tmp_path / "v").iterdir()} == {"stamp", new.name}
    # Who has the old one open keeps it.
    assert old.search(unit(50)[7], 1, None)[0].tolist() == [7]
    vector_snapshot.add_lists(tmp_path / "v", old, old.lists)
    assert vector_snapshot.read(tmp_path / "v", FORM).lists is None


def test_snapshot_of_another_form_is_not_opened(tmp_path: Path) -> None:
    written(tmp_path / "v", np.arange(5), unit(5))
    with pytest.raises(IndexDamaged, match="encoder-1, not encoder-2"):
        vector_snapshot.read(tmp_path / "v", "encoder-2")
    with pytest.raises(IndexDamaged):
        vector_snapshot.read(tmp_path / "none", FORM)


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    place = len(data) // 3
    return data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]


@pytest.mark.parametrize("part", ["ids", "flat", "lists", "json"])
@pytest.mark.parametrize(
    "damage",
    [cut, flip, lambda data: data + b"x", lambda _: b"", lambda data: bytes(len(data))],
    ids=["cut", "one byte", "longer", "empty", "zeros"],
)
def test_damaged_snapshot_is_told_of(
    tmp_path: Path, damage: Callable[[bytes], bytes], part: str
) -> None:
    written(tmp_path / "v", np.arange(300), unit(300), lists=True)
    (path,) = (tmp_path / "v").glob(f"*.{part}")
    put(path, damage(path.read_bytes()))
    with pytest.raises(IndexDamaged):
        vector_snapshot.read(tmp_path / "v", FORM)


def test_failed_writing_keeps_the_last_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "v", np.arange(5), unit(5))
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(RetrievalError, match="disk full"):
        written(tmp_path / "v", np.arange(9), unit(9))
    monkeypatch.undo()
    assert len(vector_snapshot.read(tmp_path / "v", FORM)) == 5


def test_only_one_writes_at_a_time(tmp_path: Path) -> None:
    with (
        vector_snapshot.writing(tmp_path / "v"),
        pytest.raises(RetrievalError, match="another process is writing"),
        vector_snapshot.writing(tmp_path / "v"),
    ):
        pass
    with vector_snapshot.writing(tmp_path / "v"):
        pass
