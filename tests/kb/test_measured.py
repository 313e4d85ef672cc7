"""What `kb eval` and `kb compare` print for a person."""

import json
from pathlib import Path
from typing import Any

from kb.cli.measured import comparison, evaluation
from kb.measuring.runs import compare_runs, save_run
from qa.evaluate import AnswerRow, RankRow, evaluate_answers, evaluate_retrieval, timed
from qa.squad import Example


def example(number: int, answer: str | None, *, chinese: bool = False) -> Example:
    question, context = ("谁？", "是小王。") if chinese else ("Who?", "It was Ann.")
    answers = ((answer, 0),) if answer else ()
    return Example(f"q{number}", question, context, "", answers)


def answered(*, right: bool = True) -> dict[str, Any]:
    text = "Ann" if right else "was"
    rows = [
        AnswerRow(example(1, "Ann"), text, 0.9),
        AnswerRow(example(2, None), "It", 0.2),
        AnswerRow(example(3, "小王", chinese=True), "小王", 0.8),
    ]
    scores = evaluate_answers(rows, shown_from=0.7, answered_from=0.7)
    return timed("end-to-end", {**scores, "paragraphs": 2, "index_seconds": 1.0}, 6.0)


def lines(text: str) -> dict[str, list[str]]:
    """Cells of each row behind its name."""
    rows = (line.split("  ") for line in text.splitlines() if line)
    return {
        row[0] or f"  {row[1]}": [cell.strip() for cell in row[1:] if cell.strip()] for row in rows
    }


def test_evaluation_is_a_table_with_a_column_for_each_language() -> None:
    text = evaluation(answered())
    found = lines(text)
    assert text.splitlines()[0].split() == ["all", "English", "Chinese"]
    assert found["questions"] == ["3", "2", "1"]
    assert found["F1 (%)"][0].startswith("100.0 (")
    assert found["without an answer"] == ["1", "1", "–"]
    assert found["with an answer"] == ["2", "1", "1"]
    assert found["answered (%)"] == ["66.7", "50.0", "100.0"]
    assert found["of the answers right (%)"] == ["100.0", "100.0", "100.0"]
    assert found["100"] == ["66.7", "0.20"]  # all answered: the one without an answer is wrong
    assert "confidence of 0.70 or more" in text
    assert "2 paragraphs, indexed in 1 s" in text


def test_evaluation_of_rankings_has_intervals() -> None:
    rows = [RankRow(example(1, "Ann"), 1), RankRow(example(2, "Ann"), 3)]
    found = lines(evaluation(timed("retriever", evaluate_retrieval(rows), 1.0)))
    assert found["right note among the first 1 (%)"] == ["50.0 (0.0–100.0)"]
    assert found["mean reciprocal rank"] == ["0.667 (0.333–1.000)"]
    assert found["nDCG at 10"] == ["0.750 (0.500–1.000)"]


def test_comparison_says_what_may_be_chance(tmp_path: Path) -> None:
    one, other = tmp_path / "1.json", tmp_path / "2.json"
    save_run(one, answered(right=False))
    save_run(other, answered())
    text = comparison(compare_runs(one, other))
    assert "3 questions asked in both runs (0 only in the first, 0 only in the second)" in text
    assert lines(text)["F1"][:3] == ["66.7", "100.0", "+33.3"]
    assert lines(text)["F1"][-1] == "may be chance"


def test_comparison_of_a_run_with_itself_is_the_same(tmp_path: Path) -> None:
    one = tmp_path / "1.json"
    save_run(one, answered())
    assert lines(comparison(compare_runs(one, one)))["F1"][-1] == "the same"


def test_comparison_of_different_modes_says_so(tmp_path: Path) -> None:
    ranked = timed("retriever", evaluate_retrieval([RankRow(example(1, "Ann"), 1)]), 1.0)
    one, other = tmp_path / "1.json", tmp_path / "2.json"
    save_run(one, ranked)
    save_run(other, answered())
    assert json.loads(one.read_text())["rows"]["q1"]["ndcg_at_10"] == 1
    assert "same --mode?" in comparison(compare_runs(one, other))
