from dataclasses import replace
from pathlib import Path

import pytest

from qa.answerer import CALIBRATION_FILE, Judge
from qa.errors import QaError
from qa.reader import Context, Span
from retrieval.manifest import write_manifest

CONTEXTS = [Context("A", "Paris is in France."), Context("B", "The city of Paris; or Rome.")]


def choose(weight: float = 0.0, cosines: tuple[float, float] = (0.5, 0.5)) -> list[str]:
    judge = replace(Judge.uncalibrated(), retrieval_weight=weight)
    readings = [[Span(0, 5, 2.0), Span(12, 18, -1.0)], [Span(12, 17, 1.0), Span(22, 26, 1.5)]]
    found = judge.choose("Which city?", CONTEXTS, list(cosines), readings)
    assert all(0 <= each.confidence <= 1 for each in found)
    return [each.text for each in found]


def test_choose_compares_spans_across_passages() -> None:
    assert choose() == ["Paris", "Rome", "France"]


def test_choose_adds_the_retrieval_score() -> None:
    assert choose(10.0, (0.1, 0.9))[0] == "Rome"


def test_choose_names_every_place_of_an_answer_once() -> None:
    readings = [[Span(0, 5, 2.0)], [Span(12, 17, 1.0)]]
    [paris] = Judge.uncalibrated().choose("Which city?", CONTEXTS, [None, None], readings)
    assert [(place.passage, place.start) for place in paris.places] == [(0, 0), (1, 12)]


BOTH = [
    Context("BERT 模型", "BERT 由谷歌在 2018 年 10 月发表。"),
    Context("BERT", "Google published BERT in October 2018."),
]


def both(question: str, chinese: float, english: float) -> list[str]:
    spans = [[Span(10, 21, chinese)], [Span(25, 37, english)]]
    found = Judge.uncalibrated().choose(question, BOTH, [None, None], spans)
    assert len(found) == 2
    return [each.text for each in found]


def test_choose_prefers_the_questions_language_where_it_answers() -> None:
    # The translation ranks higher, yet the answer in one's own language counts.
    assert both("When was BERT published?", 6.0, 2.0)[0] == "October 2018"
    assert both("BERT 是什么时候发表的？", 2.0, 6.0)[0] == "2018 年 10 月"


def test_choose_takes_the_other_language_where_ones_own_does_not_answer() -> None:
    assert both("When was BERT published?", 6.0, -2.0)[0] == "2018 年 10 月"
    assert both("When was BERT published?", -3.0, -2.0)[0] == "October 2018"


def test_choose_takes_no_translation_for_a_rival() -> None:
    spans = [[Span(10, 21, 6.0)], [Span(25, 37, 2.0), Span(0, 6, -4.0)]]
    found = Judge.uncalibrated().choose("When?", BOTH, [None, None], spans)
    assert [each.features.margin for each in found] == [6.0, None, -6.0]


def test_choose_cites_an_answer_where_it_stands_in_the_questions_language() -> None:
    passages = [Context("", "长短期记忆 LSTM 很常用。"), Context("", "The LSTM is in common use.")]
    spans = [[Span(6, 10, 5.0)], [Span(4, 8, 2.0)]]
    [found] = Judge.uncalibrated().choose("Which network?", passages, [None, None], spans)
    assert [place.passage for place in found.places] == [1, 0]


def test_choose_without_spans_finds_nothing() -> None:
    assert Judge.uncalibrated().choose("?", CONTEXTS, [None, None], [[], []]) == []


def test_bundled_calibration_prefers_the_surer_span() -> None:
    judge = Judge.load()
    confidences = [
        judge.choose("Where is Paris?", CONTEXTS[:1], [0.85], [[Span(0, 5, score)]])[0].confidence
        for score in (-15.0, 0.0, 5.0, 15.0)
    ]
    assert confidences == sorted(confidences)
    assert confidences[0] < judge.retrieved.threshold < confidences[-1]


def test_load_names_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"retrieval_weight": 0.5}')
    with pytest.raises(QaError, match=r"calibration\.json"):
        Judge.load(path)


def test_a_calibration_that_differs_from_its_recorded_hash_is_refused(tmp_path: Path) -> None:
    path = tmp_path / CALIBRATION_FILE.name
    path.write_bytes(CALIBRATION_FILE.read_bytes())
    assert Judge.load(path) == Judge.load()
    write_manifest(tmp_path, [path.name], {})
    assert Judge.load(path) == Judge.load()
    path.write_text(path.read_text().replace('"threshold": 0.', '"threshold": 0.0'))
    with pytest.raises(QaError, match=r"calibration\.json is damaged .*restore"):
        Judge.load(path)
