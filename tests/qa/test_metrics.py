import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import metrics
from qa.metrics import RiskPoint
from retrieval.language import Language


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Cat's\tmat.", "cats mat"),
        ("An apple, a pear", "apple pear"),
        ("a.k.a. Theodore", "aka theodore"),  # "a" goes as a word only, "the" not inside a word
        ("U.S.-based", "usbased"),
        ("The", ""),
        ("“quoted”", "“quoted”"),  # only ASCII punctuation goes
    ],
)
def test_normalize_english_follows_squad(text: str, normal: str) -> None:
    assert metrics.normalize_english(text) == normal


@pytest.mark.parametrize(
    ("prediction", "answers", "exact", "f1"),
    [
        pytest.param("the Norman", ["Norman"], 1.0, 1.0, id="article"),
        # 2 common words, 5 predicted ("the" is gone), 2 wanted: 2·2 / (5 + 2)
        pytest.param("in the city of Paris, France", ["Paris, France"], 0.0, 4 / 7, id="longer"),
        # "new" counts once: common 1, predicted 2, wanted 2
        pytest.param("new new", ["New York"], 0.0, 0.5, id="repeated-word"),
        pytest.param("1990", ["in 1990", "1990"], 1.0, 1.0, id="best-of-two"),
        pytest.param("London", ["Paris"], 0.0, 0.0, id="wrong"),
        pytest.param("", ["Paris"], 0.0, 0.0, id="missed"),
        pytest.param("", [], 1.0, 1.0, id="rightly-none"),
        pytest.param("Paris", [], 0.0, 0.0, id="wrongly-answered"),
        pytest.param("the", [], 1.0, 1.0, id="nothing-left-is-no-answer"),
        pytest.param("", ["the"], 1.0, 1.0, id="gold-of-nothing-is-no-answer"),
    ],
)
def test_english_scores_hand_worked(
    prediction: str, answers: list[str], exact: float, f1: float
) -> None:
    assert metrics.exact_match(prediction, answers, "en") == exact
    assert metrics.f1(prediction, answers, "en") == pytest.approx(f1)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("《三国演义》", ["三", "国", "演", "义"]),
        ("iPhone 4S手机", ["iphone", "4s", "手", "机"]),
        ("BERT-base模型", ["bertbase", "模", "型"]),  # the hyphen goes without a cut
        ("1,000.5公里", ["1,000.5", "公", "里"]),
        ("约3.5%", ["约", "3.5", "%"]),
        ("a, b", ["a", ",", "b"]),
        ("torch.nn的模块", ["torch.nn", "的", "模", "块"]),
        ("don't stop.", ["do", "n't", "stop", "."]),
        ("'rock' 1936–37", ["'rock", "'", "1936", "–", "37"]),
        ("(1949年)", ["(", "1949", "年", ")"]),
        ("", []),
        ("，。", []),
    ],
)
def test_segment_chinese_keeps_latin_words_and_cuts_han(text: str, segments: list[str]) -> None:
    assert metrics.segment_chinese(text) == segments


def test_segment_chinese_leaves_what_cmrc_does_not_list() -> None:
    assert metrics.segment_chinese("甲…乙,丙‘丁’") == ["甲", "…", "乙", ",", "丙", "‘", "丁"]


@pytest.mark.parametrize(
    ("prediction", "answers", "exact", "f1"),
    [
        pytest.param("《三国演义》", ["三国演义"], 1.0, 1.0, id="book-marks"),
        # common run 北京 2, predicted 3, wanted 2: 4/5
        pytest.param("北京市", ["北京"], 0.0, 0.8, id="longer"),
        # 1949 is one segment: common run 1949年 2; predicted 6, wanted 2: 4/8
        pytest.param("1949年10月1日", ["1949年"], 0.0, 0.5, id="date"),
        # the common characters stand apart: only a run of one counts, 2·1 / (4 + 2)
        pytest.param("甲丙丁乙", ["甲乙"], 0.0, 1 / 3, id="runs-only"),
        pytest.param("BERT模型", ["bert模型", "模型"], 1.0, 1.0, id="case"),
        # EM keeps inner spaces, F1's segments do not see this one
        pytest.param("BERT 模型", ["BERT模型"], 0.0, 1.0, id="inner-space"),
        pytest.param("上海", ["北京"], 0.0, 0.0, id="wrong"),
        pytest.param("", ["北京"], 0.0, 0.0, id="missed"),
        pytest.param("", [], 1.0, 1.0, id="rightly-none"),
        pytest.param("北京", [], 0.0, 0.0, id="wrongly-answered"),
        # best of the three: common run 四川成都 4 of 4 and 5
        pytest.param("四川成都", ["成都", "四川成都市", "上海"], 0.0, 8 / 9, id="best-of-three"),
    ],
)
def test_chinese_scores_hand_worked(
    prediction: str, answers: list[str], exact: float, f1: float
) -> None:
    assert metrics.exact_match(prediction, answers, "zh") == exact
    assert metrics.f1(prediction, answers, "zh") == pytest.approx(f1)


@given(st.text("甲乙丙ab ", max_size=9), st.text("甲乙丙ab ", max_size=9))
def test_longest_common_run_agrees_with_trying_every_run(one: str, other: str) -> None:
    runs = [one[i:j] for i in range(len(one)) for j in range(i + 1, len(one) + 1)]
    longest = max((len(run) for run in runs if run in other), default=0)
    assert metrics.longest_common_run(one, other) == longest


@given(st.text(max_size=20), st.sampled_from(["en", "zh"]))
def test_scores_of_the_gold_itself_are_full(text: str, language: Language) -> None:
    assert metrics.exact_match(text, [text], language) == 1.0
    if language == "en" or metrics.segment_chinese(text):
        assert metrics.f1(text, [text], language) == 1.0


def test_calibration_error_of_equal_width_bins_hand_worked() -> None:
    # (0.5, 1]: 0.9 and 0.7, one right: |1.6 − 1|; (0, 0.5]: 0.5 and 0.1, none: |0.6 − 0|
    error = metrics.calibration_error([0.9, 0.7, 0.5, 0.1], [1, 0, 0, 0], bins=2)
    assert error == pytest.approx((0.6 + 0.6) / 4)


def test_calibration_error_of_equal_mass_bins_hand_worked() -> None:
    # 0.6, 0.7 | 0.8, 0.9: |1.3 − 0| and |1.7 − 2|
    error = metrics.calibration_error([0.9, 0.6, 0.8, 0.7], [1, 0, 1, 0], bins=2, equal_mass=True)
    assert error == pytest.approx((1.3 + 0.3) / 4)


def test_calibration_error_is_zero_at_the_ends() -> None:
    assert metrics.calibration_error([0.0, 1.0], [False, True]) == 0.0


@pytest.mark.parametrize(
    ("confidences", "correct", "bins"), [([], [], 5), ([0.5], [1, 0], 5), ([0.5], [1], 0)]
)
def test_calibration_error_refuses_what_cannot_be_measured(
    confidences: list[float], correct: list[int], bins: int
) -> None:
    with pytest.raises(ValueError, match=r"need as many|at least 1"):
        metrics.calibration_error(confidences, correct, bins)


def test_risk_coverage_joins_equal_confidences() -> None:
    assert metrics.risk_coverage([0.5, 0.9, 0.5, 0.5, 0.2], [1, 1, 0, 0, 0]) == [
        RiskPoint(threshold=0.9, coverage=0.2, risk=0.0),
        RiskPoint(threshold=0.5, coverage=0.8, risk=0.5),
        RiskPoint(threshold=0.2, coverage=1.0, risk=0.6),
    ]
