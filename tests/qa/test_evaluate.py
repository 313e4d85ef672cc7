import json

import numpy as np
import pytest

from qa import evaluate
from qa.evaluate import AnswerRow, RankRow
from qa.squad import Example
from tests.qa.fake_reader import FakeReader


def example(question: str, context: str, *answers: str) -> Example:
    places = tuple((answer, context.index(answer)) for answer in answers)
    return Example(question, question, context, "", places)


BRIDGE = example("When did it open?", "The bridge opened in March 1932.", "March 1932", "1932")
HEIGHT = example("How high is it?", "The arch is 134 metres high.", "134 metres")
NOBODY = example("Who painted it?", "The bridge opened in March 1932.")
CAPITAL = example("首都是哪里？", "中华人民共和国的首都是北京市。", "北京")


def test_evaluate_answers_hand_worked() -> None:
    rows = [
        AnswerRow(BRIDGE, "1932", 0.9),  # exact
        AnswerRow(HEIGHT, "134", 0.8),  # F1 2/3: right
        AnswerRow(NOBODY, "March", 0.7),  # shown where there is no answer
        AnswerRow(CAPITAL, "北京市", 0.2),  # F1 4/5, but below the threshold: none
    ]
    report = evaluate.evaluate_answers(rows, shown_from=0.5)
    assert report["questions"] == 4
    assert report["exact_match"] == pytest.approx(100 * 1 / 4)
    assert report["f1"] == pytest.approx(100 * (1 + 2 / 3) / 4)
    assert report["answerable"] == {
        "n": 3,
        "exact_match": pytest.approx(100 / 3),
        "f1": pytest.approx(100 * (1 + 2 / 3) / 3),
    }
    assert report["unanswerable"] == {"n": 1, "recognised": 0.0, "precision": 0.0}
    assert report["shown"] == {
        "share": 75.0,
        "threshold": 0.5,
        "precision": pytest.approx(100 * 2 / 3),
    }
    # each in a bin of its own: |0.9 − 1|, |0.8 − 1|, |0.7 − 0|, |0.2 − 1|
    assert report["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.7 + 0.8) / 4)
    assert report["languages"]["en"]["questions"] == 3
    assert report["languages"]["zh"]["answerable"] == {"n": 1, "exact_match": 0.0, "f1": 0.0}
    assert "unanswerable" not in report["languages"]["zh"]
    # (threshold, answered, of those wrong), the surest first
    third = round(1 / 3, 4)
    assert report["risk_coverage"] == [
        [0.9, 0.25, 0.0], [0.8, 0.5, 0.0], [0.7, 0.75, third], [0.2, 1.0, 0.25],
    ]  # fmt: skip
    assert report["rows"][HEIGHT.id]["f1"] == pytest.approx(2 / 3)


def test_evaluate_answers_counts_every_answer_where_all_questions_have_one() -> None:
    rows = [AnswerRow(BRIDGE, "1932", 0.1), AnswerRow(CAPITAL, "北京", 0.2)]
    report = evaluate.evaluate_answers(rows, shown_from=0.5)
    assert report["exact_match"] == report["f1"] == 100.0
    assert report["shown"] == {"share": 0.0, "threshold": 0.5}
    assert "unanswerable" not in report


def test_evaluate_answers_takes_a_threshold_of_its_own_for_no_answer() -> None:
    rows = [AnswerRow(BRIDGE, "1932", 0.4), AnswerRow(NOBODY, "March", 0.2)]
    report = evaluate.evaluate_answers(rows, shown_from=0.8, answered_from=0.3)
    assert report["f1"] == 100.0
    assert report["unanswerable"] == {"n": 1, "recognised": 100.0, "precision": 100.0}
    assert report["shown"]["share"] == 0.0


def test_evaluate_answers_without_any_answer_found() -> None:
    rows = [AnswerRow(BRIDGE, None, 0.0), AnswerRow(NOBODY, None, 0.0)]
    report = evaluate.evaluate_answers(rows, shown_from=0.0)
    assert report["f1"] == 50.0
    assert report["unanswerable"] == {"n": 1, "recognised": 100.0, "precision": 50.0}
    assert report["shown"] == {"share": 0.0, "threshold": 0.0}
    assert "calibration_error" not in report


def test_evaluate_answers_takes_the_language_it_is_told() -> None:
    rows = [AnswerRow(CAPITAL, "北京市", 0.9)]
    report = evaluate.evaluate_answers(rows, shown_from=0.5, language="en")
    assert list(report["languages"]) == ["en"]
    assert report["f1"] == 0.0  # one English "word" against another


def test_evaluate_retrieval_hand_worked() -> None:
    rows = [RankRow(BRIDGE, 1), RankRow(HEIGHT, 4), RankRow(CAPITAL, 20), RankRow(NOBODY, None)]
    report = evaluate.evaluate_retrieval(rows)
    assert report["questions"] == 4
    assert report["recall_at"] == {"1": 25.0, "5": 50.0, "20": 75.0}
    assert report["mrr"] == pytest.approx((1 + 1 / 4 + 1 / 20) / 4)
    assert report["ndcg_at_10"] == pytest.approx((1 + 1 / np.log2(5)) / 4)
    low, high = report["interval_95"]["recall_at_5"]
    assert 0 <= low < 50 < high <= 100
    low, high = report["interval_95"]["ndcg_at_10"]
    assert 0 <= low < report["ndcg_at_10"] < high <= 1
    assert report["rows"][HEIGHT.id] == {
        "recall_at_1": 0.0,
        "reciprocal_rank": 0.25,
        "ndcg_at_10": pytest.approx(1 / np.log2(5)),
    }
    assert report["languages"]["zh"]["recall_at"] == {"1": 0.0, "5": 0.0, "20": 100.0}


def test_evaluate_reader_asks_each_question_of_its_own_paragraph() -> None:
    reader = FakeReader(
        {
            BRIDGE.question: [("in March", 1.0), ("March 1932", 4.0)],
            NOBODY.question: [("bridge", -3.0)],
        }
    )
    seen: list[tuple[int, int]] = []
    report = evaluate.evaluate_reader(
        reader,
        [BRIDGE, HEIGHT, NOBODY],
        lambda _example, spans: 0.9 if spans[0].score > 0 else 0.1,
        shown_from=0.5,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert reader.asked == [(BRIDGE.question, 1), (HEIGHT.question, 1), (NOBODY.question, 1)]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert report["mode"] == "reader"
    assert report["exact_match"] == pytest.approx(100 * 2 / 3)
    assert report["unanswerable"]["recognised"] == 100.0
    assert report["seconds"] > 0
    assert report["questions_per_second"] == pytest.approx(3 / report["seconds"])
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("rows", [[]])
def test_evaluating_nothing_is_refused(rows: list[AnswerRow]) -> None:
    with pytest.raises(ValueError, match="no questions"):
        evaluate.evaluate_answers(rows, shown_from=0.5)
    with pytest.raises(ValueError, match="no questions"):
        evaluate.evaluate_retrieval([])


def test_sample_is_repeatable_and_keeps_file_order() -> None:
    examples = [example(f"question {number}", "text") for number in range(100)]
    drawn = evaluate.sample(examples, 10, seed=3)
    assert drawn == evaluate.sample(examples, 10, seed=3) != evaluate.sample(examples, 10, seed=4)
    numbers = [int(one.question.split()[1]) for one in drawn]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 10


@pytest.mark.parametrize("limit", [None, 3, 1000])
def test_sample_of_all_is_the_file(limit: int | None) -> None:
    assert evaluate.sample([BRIDGE, HEIGHT, NOBODY], limit) == [BRIDGE, HEIGHT, NOBODY]


def test_sample_refuses_none_at_all() -> None:
    with pytest.raises(ValueError, match="limit"):
        evaluate.sample([BRIDGE], 0)
