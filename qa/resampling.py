"""How far a mean may be off, and whether two runs differ by more than chance.

Percentile bootstrap (Efron and Tibshirani 1993); paired by question for two runs (Koehn,
"Statistical Significance Tests for Machine Translation Evaluation", 2004).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDS = 2000
_BLOCK = 1_000_000  # drawn indexes held at once


@dataclass(frozen=True, slots=True)
class Difference:
    """The second run's mean minus the first's.

    :param low: lower end of the 95 % interval.
    :param high: upper end.
    :param p_value: two-sided: how often chance alone brings such a difference, 0 to 1.
    """

    mean: float
    low: float
    high: float
    p_value: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def interval(values: ArrayLike, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of a mean.

    :raises ValueError: if there are no values.
    """
    means = _means(_checked(values), seed)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def compare(first: ArrayLike, second: ArrayLike, seed: int = 0) -> Difference:
    """Compare two runs on the same questions, in the same order.

    :raises ValueError: if there are no values, or not as many of each.
    """
    one, other = _checked(first), _checked(second)
    if one.shape != other.shape:
        raise ValueError(f"{len(one)} values against {len(other)}: not the same questions")
    differences = other - one
    means = _means(differences, seed)
    low, high = np.percentile(means, [2.5, 97.5])
    # Each side of 0 counts the draws on it; a draw at 0 is on both. Never quite 0: see Davison and
    # Hinkley (1997), section 4.2.
    tail = min(np.sum(means <= 0), np.sum(means >= 0))
    p_value = min(1.0, 2 * float(tail + 1) / (len(means) + 1))
    return Difference(float(differences.mean()), float(low), float(high), p_value)


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not len(array):
        raise ValueError("a mean needs a row of values")
    return array


def _means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    rows = max(1, _BLOCK // len(values))
    means: list[NDArray[np.float64]] = []
    for begin in range(0, _ROUNDS, rows):
        drawn = generator.integers(0, len(values), (min(rows, _ROUNDS - begin), len(values)))
        means.append(values[drawn].mean(axis=1))
    return np.concatenate(means)
