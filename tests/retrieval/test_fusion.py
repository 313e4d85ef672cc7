from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import convex_combination, make_room, reciprocal_rank_fusion


def test_fusion_adds_reciprocal_ranks() -> None:
    fused = reciprocal_rank_fusion([[7, 8], [8, 9]], k=60)
    assert fused == [(8, 1 / 62 + 1 / 61), (7, 1 / 61), (9, 1 / 62)]


def test_fusion_weighs_rankings() -> None:
    assert [id_ for id_, _ in reciprocal_rank_fusion([[1], [2]], weights=[1.0, 2.0])] == [2, 1]
    assert reciprocal_rank_fusion([[1], [2]], weights=[1.0, 0.0])[1] == (2, 0.0)


def test_fusion_orders_ties_by_best_rank_then_id() -> None:
    assert [id_ for id_, _ in reciprocal_rank_fusion([[5, 3], [3, 5], [1]])] == [3, 5, 1]
    assert [id_ for id_, _ in reciprocal_rank_fusion([[9], [2]])] == [2, 9]


def test_fusion_counts_an_id_once_a_ranking() -> None:
    assert reciprocal_rank_fusion([[4, 4, 6]]) == [(4, 1 / 61), (6, 1 / 62)]


@pytest.mark.parametrize("rankings", [[], [[]], [[], []]])
def test_fusion_of_nothing_is_nothing(rankings: list[list[int]]) -> None:
    assert reciprocal_rank_fusion(rankings) == []


@pytest.mark.parametrize(
    ("k", "weights", "message"),
    [(60, [1.0], "2 rankings but 1 weights"), (-1, None, "k=-1"), (60, [1.0, -2.0], "-2.0")],
)
def test_fusion_refuses_bad_arguments(k: float, weights: list[float] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reciprocal_rank_fusion([[1], [2]], k=k, weights=weights)


@given(st.lists(st.lists(st.integers(1, 20), unique=True), max_size=4), st.randoms())
def test_order_of_rankings_does_not_matter(rankings: list[list[int]], random: Random) -> None:
    shuffled = list(rankings)
    random.shuffle(shuffled)
    plain, other = reciprocal_rank_fusion(rankings), reciprocal_rank_fusion(shuffled)
    assert dict(plain) == pytest.approx(dict(other))
    assert {id_ for id_, _ in plain} == {id_ for ranking in rankings for id_ in ranking}
    assert [score for _, score in plain] == sorted((score for _, score in plain), reverse=True)


def test_convex_combination_adds_weighted_scores() -> None:
    fused = convex_combination([{1: 0.8, 2: 0.9}, {1: 40.0, 3: 10.0}], [1.0, 0.005])
    assert [id_ for id_, _ in fused] == [1, 2, 3]
    assert dict(fused) == pytest.approx({1: 1.0, 2: 0.9, 3: 0.05})


def test_convex_combination_orders_equal_scores_by_number() -> None:
    assert convex_combination([{9: 0.5, 4: 0.5}], [1.0]) == [(4, 0.5), (9, 0.5)]


def test_convex_combination_refuses_weights_of_another_number() -> None:
    with pytest.raises(ValueError, match="zip"):
        convex_combination([{1: 1.0}], [1.0, 2.0])


@pytest.mark.parametrize(
    ("guests", "expected"),
    [
        ({7, 8}, [1, 2, 7, 3, 4, 8, 5, 6]),
        ({1, 8}, [1, 2, 3, 4, 5, 8, 6, 7]),
        ({1, 2}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({5}, [1, 2, 5, 3, 4, 6, 7, 8]),
        (set[int](), [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
    ids=["both late", "one early", "both early", "one only", "none"],
)
def test_make_room_moves_guests_no_further_than_needed(
    guests: set[int], expected: list[int]
) -> None:
    ranking = [(id_, 1 / id_) for id_ in range(1, 9)]
    moved = make_room(ranking, guests, every=3, rooms=2)
    assert [id_ for id_, _ in moved] == expected
    assert sorted(moved) == ranking
