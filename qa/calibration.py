"""Turn what is known about an answer into the probability that it is right.

Logistic regression with one intercept for each language (Platt 1999, with several features),
fitted on questions that no model was trained on. Every feature is a log-odds, a similarity or a
share, and a missing one counts as the mean of those the fit has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qa.errors import QaError

FEATURES = ("reader", "margin", "retrieval", "coverage")


@dataclass(frozen=True, slots=True)
class AnswerFeatures:
    """What is known about the best answer to a question.

    ``reader``: its log-odds against no answer; ``margin``: how far it is above the next distinct
    answer (None: there is none); ``retrieval``: its passage's score from the retriever (None: the
    passage was given); ``coverage``: the share of the question's words that its passage holds.
    """

    language: str
    reader: float
    margin: float | None = None
    retrieval: float | None = None
    coverage: float | None = None


@dataclass(frozen=True)
class Calibration:
    """A fitted confidence: σ(intercept + Σ weight · (feature − mean)).

    A language without an intercept of its own gets the mean of the others.
    """

    weights: Mapping[str, float]
    means: Mapping[str, float]
    intercepts: Mapping[str, float]

    def __post_init__(self) -> None:
        """Refuse fields that do not fit together."""
        if set(self.weights) != set(FEATURES) or set(self.means) != set(FEATURES):
            names = ", ".join(FEATURES)
            raise QaError(f"a calibration needs a weight and a mean for each of: {names}")
        if not self.intercepts:
            raise QaError("a calibration needs the intercept of one language at least")

    def confidence(self, features: AnswerFeatures) -> float:
        """Return the probability that the answer is right, 0 to 1."""
        intercepts = self.intercepts
        odds = intercepts.get(features.language, sum(intercepts.values()) / len(intercepts))
        for name in FEATURES:
            value: float | None = getattr(features, name)
            if value is not None:
                odds += self.weights[name] * (value - self.means[name])
        return float(_sigmoid(np.asarray(odds)))

    def to_json(self) -> dict[str, dict[str, float]]:
        """Return the parameters by name, for ``json.dumps``."""
        return {
            "weights": dict(self.weights),
            "means": dict(self.means),
            "intercepts": dict(self.intercepts),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Return the calibration that ``to_json`` wrote.

        :raises QaError: if a field is missing, unknown or not a number.
        """
        try:
            parameters = [
                {str(name): float(value) for name, value in fields[part].items()}
                for part in ("weights", "means", "intercepts")
            ]
        except (KeyError, AttributeError, TypeError, ValueError) as exc:
            raise QaError(f"not a calibration (weights, means, intercepts): {exc!r}") from exc
        return cls(*parameters)


def fit(
    features: Sequence[AnswerFeatures],
    correct: Sequence[bool],
    penalty: float = 1.0,
    iterations: int = 100,
) -> Calibration:
    """Fit a calibration to answers known to be right or wrong.

    Newton's method (iteratively reweighted least squares) on the log-likelihood minus
    ``penalty / 2`` × the squared weights of the standardised features. Intercepts are held by a
    thousandth of it only, so that a language without one wrong answer still has a finite one.

    :param penalty: L2, at least 0; 1 is a unit normal prior on the standardised weights.
    :raises ValueError: if there is nothing to fit, the lengths differ or ``penalty`` is negative.
    """
    if not features or len(features) != len(correct) or penalty < 0:
        counts = f"{len(features)} answers, {len(correct)} verdicts, penalty {penalty}"
        raise ValueError(f"cannot fit a calibration: {counts}")
    languages = sorted({row.language for row in features})
    table = _table(features)  # (answers, features), NaN where missing
    means = np.array([_mean(column) for column in table.T])
    centred = np.nan_to_num(table - means)
    scales = np.where(centred.std(axis=0) > 0, centred.std(axis=0), 1.0)
    of_language = np.array([[row.language == name for name in languages] for row in features])
    design = np.hstack([centred / scales, of_language])  # (answers, features + languages)
    ridge = penalty * np.repeat([1.0, 1e-3], [len(FEATURES), len(languages)])
    solved = _newton(design, np.asarray(correct, dtype=np.float64), ridge + 1e-9, iterations)
    weights = solved[: len(FEATURES)] / scales
    return Calibration(
        weights=_named(FEATURES, weights),
        means=_named(FEATURES, means),
        intercepts=_named(languages, solved[len(FEATURES) :]),
    )


def threshold_for_precision(
    confidences: ArrayLike, correct: ArrayLike, precision: float
) -> float | None:
    """Return the lowest confidence at which the answers at or above it are right so often.

    :param precision: the share of shown answers that must be right, 0 to 1.
    :return: one of the confidences; None if even the surest answers are right less often.
    """
    confidence = np.asarray(confidences, dtype=np.float64)
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    right = np.cumsum(np.asarray(correct, dtype=np.float64)[order])
    shares = right / np.arange(1, len(falling) + 1)
    is_last = np.append(np.diff(falling) != 0, True)[: len(falling)]  # equal ones show together
    reached = falling[is_last & (shares >= precision)]
    return float(reached[-1]) if len(reached) else None


def _table(features: Sequence[AnswerFeatures]) -> NDArray[np.float64]:
    rows = [[getattr(row, name) for name in FEATURES] for row in features]
    return np.array(rows, dtype=np.float64)  # None becomes NaN


def _mean(column: NDArray[np.float64]) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else 0.0


def _named(names: Sequence[str], values: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _newton(
    design: NDArray[np.float64],
    correct: NDArray[np.float64],
    ridge: NDArray[np.float64],
    iterations: int,
) -> NDArray[np.float64]:
    """Return the parameters, shape ``(columns,)``, that minimise the penalised loss."""
    parameters = np.zeros(design.shape[1])
    loss = _loss(parameters, design, correct, ridge)
    for _ in range(iterations):
        probability = _sigmoid(design @ parameters)
        gradient = design.T @ (probability - correct) + ridge * parameters
        spread = probability * (1 - probability)
        curvature = (design.T * spread) @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        # A full step may overshoot where the curve is flat: halve it until the loss falls.
        for size in 0.5 ** np.arange(30):
            moved = parameters - size * step
            moved_loss = _loss(moved, design, correct, ridge)
            if moved_loss <= loss:
                break
        else:
            return parameters
        parameters, fallen, loss = moved, loss - moved_loss, moved_loss
        if fallen <= 1e-12 * (1 + abs(loss)):
            break
    return parameters


def _loss(
    parameters: NDArray[np.float64],
    design: NDArray[np.float64],
    correct: NDArray[np.float64],
    ridge: NDArray[np.float64],
) -> float:
    odds = design @ parameters
    return float(np.sum(np.logaddexp(0, odds) - correct * odds) + ridge @ parameters**2 / 2)


def _sigmoid(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-np.logaddexp(0, -odds))
