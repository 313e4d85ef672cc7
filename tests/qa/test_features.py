import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.features import Tokens, lay_out, token_span, windows
from retrieval.tokenizer import BOS, EOS

WORDS = Tokens((5, 6, 7, 8), ((0, 3), (3, 3), (4, 9), (10, 12)))


def test_lay_out_puts_the_context_after_the_question_and_three_marks() -> None:
    ids = lay_out([10, 11], [20, 21, 22])
    assert ids == [BOS, 10, 11, EOS, EOS, 20, 21, 22, EOS]
    assert ids[len([10, 11]) + 3] == 20


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 3, (0, 0)), (4, 9, (2, 2)), (2, 11, (0, 3)), (5, 6, (2, 2)), (9, 10, None)],
    ids=["first", "whole word", "across", "inside a word", "between words"],
)
def test_token_span_touches_the_characters(
    start: int, end: int, expected: tuple[int, int] | None
) -> None:
    assert token_span(WORDS, start, end) == expected


@given(st.integers(0, 400), st.integers(1, 60), st.integers(1, 60))
def test_windows_cover_every_token_and_end_with_the_text(
    length: int, room: int, stride: int
) -> None:
    found = windows(length, room, stride)
    assert found[0][0] == 0
    assert found[-1][1] == length
    assert all(0 < b - a <= room or length == 0 for a, b in found)
    assert all(later[0] <= before[1] for before, later in itertools.pairwise(found))


@pytest.mark.parametrize(("room", "stride"), [(0, 1), (1, 0), (-3, 2)])
def test_windows_refuse_what_never_ends(room: int, stride: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        windows(10, room, stride)
