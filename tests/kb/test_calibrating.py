from dataclasses import replace

import pytest

from kb.measuring.calibrating import (
    Reading,
    best_threshold,
    cross_validated,
    fit_judge,
    fit_weight,
    judged,
    measure,
    verdicts,
)
from qa.answerer import Judge, Scale
from qa.reader import Context, Span
from qa.squad import Example

RIGHT, WRONG = "the red house", "a blue car"


def reading(
    number: int, right: float, wrong: float, scores: tuple[float | None, ...], known: bool = True
) -> Reading:
    """A question, its answer in the first passage and another in the last."""
    contexts = (Context("", f"He has {RIGHT}."), Context("", f"She has {WRONG}."))[: len(scores)]
    answers = ((RIGHT, 7),) if known else ()
    spans = ((Span(7, 7 + len(RIGHT), right),), (Span(8, 8 + len(WRONG), wrong),))
    example = Example(f"{number}", f"What has he {number}?", contexts[0].text, "t", answers)
    return Reading(example, contexts, scores, spans[: len(scores)])


def test_judged_takes_the_best_span_of_all_passages() -> None:
    judge = Judge.uncalibrated()
    rows = judged(judge, [reading(0, 3.0, 1.0, (0.9, 0.8)), reading(1, 1.0, 3.0, (0.9, 0.8))])
    assert [row.right for row in rows] == [True, False]
    assert rows[0].f1 == 1.0


def test_left_out_paragraph_makes_a_question_unanswerable_unless_another_says_it() -> None:
    judge = replace(
        Judge.uncalibrated(), retrieved=Scale(Judge.uncalibrated().given.calibration, 0)
    )
    wrong = replace(reading(0, 1.0, 3.0, (0.9, 0.8)), left_out=True)
    elsewhere = replace(reading(1, 3.0, 1.0, (0.9, 0.8)), left_out=True)
    assert not wrong.is_answerable
    figures = measure(verdicts(judge, [wrong, elsewhere]))
    assert figures["unanswerable"] == 1
    assert figures["shown_precision_percent"] == 50.0


def test_fit_weight_lets_the_retriever_decide_where_it_knows_better() -> None:
    misled = [reading(at, 1.0, 3.0, (0.9, 0.7)) for at in range(40)]
    assert fit_weight(misled) >= 10.0  # 2 log-odds over a cosine difference of 0.2
    clear = [reading(at, 3.0, 1.0, (0.9, 0.7)) for at in range(40)]
    assert fit_weight(clear) == 0.0


def test_best_threshold_refuses_where_refusing_gains() -> None:
    judge = Judge.uncalibrated()
    right = judged(judge, [reading(at, 4.0, 0.0, (None,)) for at in range(5)])
    absent = judged(judge, [reading(at, 1.0, 0.0, (None,), known=False) for at in range(4)])
    rows = [(0.9, row) for row in right] + [(0.4, row) for row in absent]
    assert best_threshold(rows) == 0.9


@pytest.fixture
def readings() -> list[Reading]:
    """Answers that are right as often as their score says, in both kinds."""
    found: list[Reading] = []
    for at in range(200):
        score = (at % 20) - 10.0
        known = (at * 7 % 20) - 10.0 < score
        found.append(reading(at, score, -30.0, (0.9, 0.8), known))
        found.append(reading(at, score, -30.0, (None,), known))
    return found


def test_fit_judge_shows_answers_as_precise_as_asked(readings: list[Reading]) -> None:
    judge = fit_judge(readings, 0.8)
    retrieved = [each for each in readings if each.scores[0] is not None]
    figures = measure(verdicts(judge, retrieved))
    assert figures["shown_precision_percent"] >= 80
    assert figures["unanswerable_recognised_percent"] > 50
    looser = measure(
        verdicts(replace(judge, retrieved=replace(judge.retrieved, threshold=0.0)), retrieved)
    )
    assert looser["shown_percent"] == 100.0
    assert looser["unanswerable_recognised_percent"] == 0.0


def test_cross_validated_judges_every_question_once(readings: list[Reading]) -> None:
    of_many = [
        replace(each, example=replace(each.example, title=f"t{at % 40}"))
        for at, each in enumerate(readings)
    ]
    rows = cross_validated(of_many, 0.7)
    assert sorted(row.reading.example.id for row in rows) == sorted(
        each.example.id for each in of_many
    )
    assert measure(rows)["questions"] == len(readings)
