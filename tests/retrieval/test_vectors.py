import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.vectors import VectorIndex

DIMENSION = 8
IDS = st.lists(st.integers(1, 30), max_size=12, unique=True)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove"]), IDS), max_size=12)


def unit(count: int, seed: int = 0, dimension: int = DIMENSION) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(*ids: int) -> VectorIndex:
    index = VectorIndex(DIMENSION)
    index.add(np.array(ids, np.int64), unit(len(ids)))
    return index


class Naive:
    """The same as `VectorIndex`, slowly: a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[int, NDArray[np.float32]] = {}

    def add(self, ids: list[int], rows: NDArray[np.float32]) -> None:
        self.rows.update(zip(ids, rows.astype(np.float16).astype(np.float32), strict=True))

    def remove(self, ids: list[int]) -> None:
        self.rows = {id_: row for id_, row in self.rows.items() if id_ not in ids}

    def search(
        self, query: NDArray[np.float32], k: int, allowed: list[int] | None
    ) -> list[tuple[int, float]]:
        found = [
            (id_, float(row @ query))
            for id_, row in self.rows.items()
            if allowed is None or id_ in allowed
        ]
        return sorted(found, key=lambda item: (-item[1], item[0]))[:k]


@settings(max_examples=200, deadline=None)
@given(STEPS, st.none() | IDS, st.integers(0, 40), st.integers(0, 1000))
def test_index_agrees_with_naive_twin(
    steps: list[tuple[str, list[int]]], allowed: list[int] | None, k: int, seed: int
) -> None:
    index, twin = VectorIndex(DIMENSION), Naive()
    for number, (step, ids) in enumerate(steps):
        if step == "add":
            rows = unit(len(ids), seed + number)
            index.add(np.array(ids, np.int64), rows)
            twin.add(ids, rows)
        else:
            index.remove(np.array(ids, np.int64))
            twin.remove(ids)
    query = unit(1, seed + 99)[0]
    found = index.search(query, k, None if allowed is None else np.array(allowed, np.int64))
    expected = twin.search(query, k, allowed)
    assert len(index) == len(twin.rows)
    assert [id_ for id_, _ in found] == [id_ for id_, _ in expected]
    # FAISS breaks ties between two fp16 numbers another way than numpy, which rounds to even.
    close = {"abs": 5e-4}
    assert [score for _, score in found] == pytest.approx([s for _, s in expected], **close)
    everyone = np.arange(1, 31)
    scores = dict(zip(everyone.tolist(), index.scores(query, everyone).tolist(), strict=True))
    present = {id_: score for id_, score in scores.items() if not np.isnan(score)}
    right = {id_: float(row @ query) for id_, row in twin.rows.items()}
    assert present == pytest.approx(right, **close)


def test_search_orders_equal_vectors_by_id() -> None:
    index = VectorIndex(DIMENSION)
    index.add(np.array([9, 3, 5]), np.repeat(unit(1), 3, axis=0))
    assert [id_ for id_, _ in index.search(unit(1)[0], 3)] == [3, 5, 9]


def test_search_takes_ids_of_any_size_and_half_precision() -> None:
    index = VectorIndex(DIMENSION)
    index.add(np.array([2**62, 1]), unit(2).astype(np.float16))
    assert index.search(unit(2)[0], 1, np.array([2**62, 77]))[0][0] == 2**62
    assert index.search(unit(2)[0], 1)[0][1] == pytest.approx(1, abs=2e-3)


def test_add_replaces_a_present_id() -> None:
    index = filled(1, 2, 3)
    index.add(np.array([2]), -unit(3)[1:2])
    assert len(index) == 3
    assert index.scores(unit(3)[1], np.array([2]))[0] == pytest.approx(-1, abs=2e-3)


@pytest.mark.parametrize("k", [0, -1])
def test_search_for_none_finds_none(k: int) -> None:
    assert filled(1).search(unit(1)[0], k) == []


def test_empty_index_finds_nothing() -> None:
    index = VectorIndex(DIMENSION)
    index.remove(np.array([1]))
    assert index.search(unit(1)[0], 5) == []
    assert index.search(unit(1)[0], 5, np.array([1])) == []
    assert np.isnan(index.scores(unit(1)[0], np.array([1]))).all()
    assert filled(1).search(unit(1)[0], 5, np.empty(0, np.int64)) == []


@pytest.mark.parametrize(
    ("ids", "rows"),
    [
        pytest.param([1, 2], unit(3), id="too many vectors"),
        pytest.param([1], unit(1, dimension=4), id="another dimension"),
        pytest.param([1, 1], unit(2), id="an id twice"),
    ],
)
def test_add_refuses_what_does_not_fit(ids: list[int], rows: NDArray[np.float32]) -> None:
    index = filled(1)
    with pytest.raises(ValueError, match=r"ids|twice"):
        index.add(np.array(ids), rows)
    assert len(index) == 1


def test_search_refuses_another_dimension() -> None:
    with pytest.raises(ValueError, match="dimension 8"):
        filled(1).search(unit(1, dimension=4)[0], 1)
    with pytest.raises(ValueError, match="positive"):
        VectorIndex(0)


def test_search_is_safe_while_another_thread_changes_the_index() -> None:
    index = filled(*range(1, 51))
    rows = unit(50)
    stop = threading.Event()
    wrong: list[object] = []

    def search() -> None:
        while not stop.is_set():
            (id_, score) = index.search(rows[0], 1)[0]
            if id_ != 1 or abs(score - 1) > 0.01:
                wrong.append((id_, score))

    threads = [threading.Thread(target=search, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(100):
            index.add(np.arange(100, 150), unit(50, seed=number + 1) * 0.5)
            index.remove(np.arange(100, 150))
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(index) == 50
