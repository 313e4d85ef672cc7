"""Round a BERT body's weights to integers by what its inputs look like (build time).

Plain rounding loses two things. A few input channels of some layers are ten times larger than the
rest, and the one step size of an activation tensor is then too coarse for all others: such
channels are made smaller, and their weights larger (after Xiao et al., "SmoothQuant", ICML 2023,
for outliers alone). And each weight is rounded on its own, although the next ones could make up for
its error: they do here (Frantar et al., "GPTQ", ICLR 2023).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

LEVELS = 63
"""Seven bits, because processors without VNNI add two products of 8 × 8 bits in 16 bits, which
eight would overflow: answers would differ from machine to machine."""
_ORDINARY = 97
"""Percentile of the channels' largest values above which a channel is an outlier."""
_WORTHWHILE = 1.3
_DAMPING = 0.01


@dataclass(frozen=True)
class Statistics:
    """What went into a linear layer over the calibration texts.

    :param largest: absolute value a channel, shape ``(inputs,)``.
    :param moment: sum of the tokens' outer products, shape ``(inputs, inputs)``.
    """

    largest: NDArray[np.float32]
    moment: NDArray[np.float64]

    @classmethod
    def of(cls, tokens: NDArray[np.float32]) -> Self:
        """Take the statistics of tokens, shape ``(tokens, inputs)``."""
        return cls(np.abs(tokens).max(axis=0), (tokens.T @ tokens).astype(np.float64))

    def with_more(self, other: Self) -> Self:
        """Return the statistics of both."""
        largest = np.maximum(self.largest, other.largest)
        return type(self)(largest, self.moment + other.moment)


@dataclass(frozen=True)
class Rounded:
    """A weight matrix as integers.

    :param levels: shape ``(outputs, inputs)``, −63 to 63.
    :param scales: what a level is worth, shape ``(outputs,)``.
    :param divisors: what to divide the input's channels by first, shape ``(inputs,)``; None: not.
    """

    levels: NDArray[np.int8]
    scales: NDArray[np.float32]
    divisors: NDArray[np.float32] | None = None


def nearest(weight: NDArray[np.float32]) -> Rounded:
    """Round each weight to its nearest level, one scale an output channel.

    :param weight: shape ``(outputs, inputs)``.
    """
    scales = _scales(weight)
    levels = np.clip(np.rint(weight / scales[:, None]), -LEVELS, LEVELS)
    return Rounded(levels.astype(np.int8), scales)


def calibrated(weight: NDArray[np.float32], seen: Statistics, *, divide: bool) -> Rounded:
    """Round a weight matrix so that its products with inputs like those seen change least.

    :param weight: shape ``(outputs, inputs)``.
    :param divide: whether outlier channels of the input may be divided.
    """
    divisors = outlier_divisors(seen.largest) if divide else None
    if divisors is None:
        return Rounded(*_compensated(weight, seen.moment))
    moment = seen.moment / np.outer(divisors, divisors)
    return Rounded(*_compensated(weight * divisors, moment), divisors)


def outlier_divisors(largest: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return what brings outlier channels down to the ordinary ones; None where there are none."""
    divisors = np.maximum(1.0, largest / np.percentile(largest, _ORDINARY))
    return divisors.astype(np.float32) if divisors.max() > _WORTHWHILE else None


def _scales(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    return (np.maximum(np.abs(weight).max(axis=1), 1e-12) / LEVELS).astype(np.float32)


def _compensated(
    weight: NDArray[np.float32], moment: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round column by column, those with the most input first; the rest take over each error."""
    scales = _scales(weight)
    order = np.argsort(-np.diag(moment))
    damped = moment[np.ix_(order, order)]
    damped[np.diag_indices_from(damped)] += _DAMPING * np.mean(np.diag(damped))
    # Row i: how an error in column i is best shared among the columns after it.
    shares = np.linalg.cholesky(np.linalg.inv(damped)).T
    left = weight[:, order].astype(np.float64)
    levels = np.empty(weight.shape, np.int8)
    for at, column in enumerate(order):
        level = np.clip(np.rint(left[:, at] / scales), -LEVELS, LEVELS)
        error = (left[:, at] - level * scales) / shares[at, at]
        left[:, at + 1 :] -= np.outer(error, shares[at, at + 1 :])
        levels[:, column] = level
    return levels, scales
