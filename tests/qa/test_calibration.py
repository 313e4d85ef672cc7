import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import calibration, metrics
from qa.calibration import AnswerFeatures, Calibration
from qa.errors import QaError

TRUTH = Calibration(
    weights={"reader": 0.6, "margin": 0.3, "retrieval": 4.0, "coverage": 0.0},
    means={"reader": 1.0, "margin": 2.0, "retrieval": 0.85, "coverage": 0.5},
    intercepts={"en": 0.4, "zh": -0.6},
)


def draw(count: int, seed: int) -> tuple[list[AnswerFeatures], list[bool]]:
    """Answers whose chance to be right is what TRUTH says."""
    generator = np.random.default_rng(seed)
    answers = [
        AnswerFeatures(
            language=str(generator.choice(["en", "zh"])),
            reader=float(generator.normal(1, 4)),
            margin=float(generator.exponential(2)),
            retrieval=float(generator.normal(0.85, 0.05)),
            coverage=float(generator.random()),
        )
        for _ in range(count)
    ]
    return answers, [bool(generator.random() < TRUTH.confidence(answer)) for answer in answers]


def test_confidence_hand_worked() -> None:
    known = AnswerFeatures("en", reader=2.0, margin=1.0, retrieval=0.9, coverage=0.75)
    # 0.4 + 0.6·1 + 0.3·(−1) + 4·0.05 + 0 = 0.9
    assert TRUTH.confidence(known) == pytest.approx(1 / (1 + np.exp(-0.9)))


def test_confidence_takes_the_mean_for_what_is_missing() -> None:
    assert TRUTH.confidence(AnswerFeatures("zh", reader=1.0)) == pytest.approx(
        1 / (1 + np.exp(0.6))
    )


def test_confidence_of_another_language_takes_the_mean_intercept() -> None:
    assert TRUTH.confidence(AnswerFeatures("fr", reader=1.0)) == pytest.approx(
        1 / (1 + np.exp(0.1))
    )


def test_confidence_stays_in_range_at_extremes() -> None:
    assert TRUTH.confidence(AnswerFeatures("en", reader=-1e6)) == 0.0
    assert TRUTH.confidence(AnswerFeatures("en", reader=1e6)) == 1.0


def test_fit_finds_the_parameters_the_answers_were_drawn_from() -> None:
    fitted = calibration.fit(*draw(20_000, seed=1))
    assert fitted.weights["reader"] == pytest.approx(0.6, abs=0.05)
    assert fitted.weights["margin"] == pytest.approx(0.3, abs=0.05)
    assert fitted.weights["retrieval"] == pytest.approx(4.0, abs=1.0)
    assert fitted.weights["coverage"] == pytest.approx(0.0, abs=0.2)
    assert fitted.intercepts["en"] - fitted.intercepts["zh"] == pytest.approx(1.0, abs=0.15)


def test_fit_is_calibrated_on_answers_it_has_not_seen() -> None:
    fitted = calibration.fit(*draw(4_000, seed=2))
    answers, correct = draw(4_000, seed=3)
    confidences = [fitted.confidence(answer) for answer in answers]
    assert metrics.calibration_error(confidences, correct) < 0.03
    assert metrics.calibration_error(confidences, correct, equal_mass=True) < 0.03


def test_fit_without_retrieval_scores_gives_them_no_weight() -> None:
    answers = [AnswerFeatures("en", reader=float(score)) for score in range(-5, 6)]
    fitted = calibration.fit(answers, [answer.reader > 0.5 for answer in answers])
    assert fitted.weights["retrieval"] == fitted.weights["margin"] == 0.0
    assert fitted.confidence(AnswerFeatures("en", reader=5, retrieval=0.9)) > 0.8


@pytest.mark.parametrize("correct", [True, False])
def test_fit_stays_finite_when_every_verdict_is_the_same(correct: bool) -> None:
    answers, _ = draw(50, seed=4)
    fitted = calibration.fit(answers, [correct] * 50)
    assert all(np.isfinite(list(fitted.intercepts.values())))
    assert (fitted.confidence(answers[0]) > 0.5) is correct


@pytest.mark.parametrize(("count", "verdicts", "penalty"), [(0, 0, 1.0), (3, 2, 1.0), (3, 3, -0.1)])
def test_fit_refuses_bad_arguments(count: int, verdicts: int, penalty: float) -> None:
    with pytest.raises(ValueError, match="cannot fit a calibration"):
        calibration.fit([AnswerFeatures("en", 0.0)] * count, [True] * verdicts, penalty)


answers = st.builds(
    AnswerFeatures,
    language=st.sampled_from(["en", "zh"]),
    reader=st.floats(-30, 30),
    margin=st.none() | st.floats(0, 30),
    retrieval=st.none() | st.floats(0, 1),
    coverage=st.none() | st.floats(0, 1),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(answers, st.booleans()), min_size=2, max_size=30), st.data())
def test_confidence_follows_the_reader_score_in_the_direction_of_its_weight(
    rows: list[tuple[AnswerFeatures, bool]], data: st.DataObject
) -> None:
    fitted = calibration.fit([answer for answer, _ in rows], [right for _, right in rows])
    low, high = sorted(data.draw(st.lists(st.floats(-50, 50), min_size=2, max_size=2)))
    below, above = (fitted.confidence(AnswerFeatures("en", reader=score)) for score in (low, high))
    assert 0 <= below <= 1
    if fitted.weights["reader"] > 0:
        assert below <= above
    else:
        assert below >= above


def test_json_round_trip_names_the_fields() -> None:
    written = json.loads(json.dumps(TRUTH.to_json()))
    assert set(written["weights"]) == set(calibration.FEATURES)
    assert Calibration.from_json(written) == TRUTH


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="empty"),
        pytest.param({**TRUTH.to_json(), "weights": {"reader": 1.0}}, id="weights-missing"),
        pytest.param({**TRUTH.to_json(), "means": {"reader": "high"}}, id="not-a-number"),
        pytest.param({**TRUTH.to_json(), "intercepts": {}}, id="no-language"),
        pytest.param({**TRUTH.to_json(), "intercepts": [0.1]}, id="list"),
    ],
)
def test_from_json_refuses_other_fields(fields: dict[str, object]) -> None:
    with pytest.raises(QaError, match="calibration"):
        Calibration.from_json(fields)


def test_threshold_for_precision_shows_as_many_as_it_may() -> None:
    confidences, correct = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 1, 0]
    assert calibration.threshold_for_precision(confidences, correct, 0.75) == 0.6
    assert calibration.threshold_for_precision(confidences, correct, 1.0) == 0.9
    assert calibration.threshold_for_precision(confidences, correct, 0.5) == 0.5


def test_threshold_for_precision_never_parts_equal_confidences() -> None:
    assert calibration.threshold_for_precision([0.9, 0.9, 0.3], [1, 0, 0], 0.9) is None


def test_threshold_for_precision_of_nothing_is_none() -> None:
    assert calibration.threshold_for_precision([], [], 0.9) is None
