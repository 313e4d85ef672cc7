import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reader import Span
from qa.spans import MAX_ANSWER_TOKENS, best_pairs, distinct, tidy


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("the big cat sat", "ig ca", "big cat"),
        ("Café au lait", "Caf", "Café"),
        ("use --no-cache, ok", "--no-cache,", "--no-cache"),
        ("- item one.", "- item one.", "item one"),
        ("深度学习。", "深度学习。", "深度学习"),
        ("他在《三国》里", "《三国", "《三国》"),
        ("it (about five) fell", "about five)", "(about five)"),
        ("temp -5 °C", "-5", "-5"),
        ("f(x) = 2", "f(x", "f(x)"),
        ("a ) b", " ) ", ""),
        ("有效期较短（大约 3 个月），", "（大约 3 个月）", "大约 3 个月"),
        ("返回（甲）和（乙）", "（甲）和（乙）", "（甲）和（乙）"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_tidy_moves_edges_to_where_a_person_would(text: str, marked: str, expected: str) -> None:
    start = text.index(marked)
    low, high = tidy(text, start, start + len(marked))
    assert text[low:high] == expected


@given(st.text("aé .,()（）《》。-1深", max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_tidy_stays_in_the_text_and_is_stable(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    low, high = tidy(text, start, end)
    assert 0 <= low <= high <= len(text)
    if low < high:
        assert tidy(text, low, high) == (low, high)


@given(st.integers(1, 70), st.integers(1, 30), st.integers(0, 2**31))
def test_best_pairs_agrees_with_trying_every_pair(tokens: int, count: int, seed: int) -> None:
    starts, ends = np.random.default_rng(seed).normal(size=(2, tokens)).astype(np.float32)
    tried = sorted(
        (-float(starts[a] + ends[b]), a, b)
        for a in range(tokens)
        for b in range(a, min(tokens, a + MAX_ANSWER_TOKENS))
    )
    expected = [(a, b) for _score, a, b in tried[:count]]
    assert [(a, b) for a, b, _score in best_pairs(starts, ends, count)] == expected


def test_distinct_drops_what_overlaps_a_better_span() -> None:
    spans = [Span(5, 9, 3.0), Span(5, 12, 2.0), Span(0, 5, 1.0), Span(20, 22, 0.5)]
    assert distinct(spans, 2) == [Span(5, 9, 3.0), Span(0, 5, 1.0)]
