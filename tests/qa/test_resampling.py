import numpy as np
import pytest

from qa.resampling import compare, interval


def test_interval_of_equal_values_is_that_value() -> None:
    assert interval([0.5] * 20) == (0.5, 0.5)


def test_interval_covers_the_mean_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    covered = 0
    for seed in range(200):
        low, high = interval(generator.random(60) < 0.3, seed)
        covered += low <= 0.3 <= high
    assert 0.88 <= covered / 200 <= 1.0


def test_compare_tells_a_real_difference_from_chance() -> None:
    generator = np.random.default_rng(3)
    before = generator.random(400) < 0.5
    noise = generator.random(400) < 0.5
    assert not compare(before, noise).beyond_chance
    better = before | (generator.random(400) < 0.2)
    found = compare(before, better)
    assert found.beyond_chance
    assert found.low > 0
    assert found.p_value < 0.01
    assert found.mean == pytest.approx(float(np.mean(better) - np.mean(before)))


def test_compare_of_a_run_with_itself_is_nothing() -> None:
    found = compare([1, 0, 1], [1, 0, 1])
    assert (found.mean, found.low, found.high, found.p_value) == (0, 0, 0, 1.0)
    assert not found.beyond_chance


@pytest.mark.parametrize(("one", "other"), [([], []), ([1.0], [1.0, 0.0]), ([[1.0]], [[1.0]])])
def test_compare_refuses_what_cannot_be_paired(one: object, other: object) -> None:
    with pytest.raises(ValueError, match="values"):
        compare(one, other)  # pyright: ignore[reportArgumentType]
