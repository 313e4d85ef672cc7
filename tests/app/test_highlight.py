from __future__ import annotations

import re
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.pages.highlight import (
    Window,
    beginning,
    marked,
    sentence_window,
    source_window,
    with_formulas,
)

TEXTS = st.text(max_size=200)


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, int, int]:
    text = draw(TEXTS)
    start = draw(st.integers(0, len(text)))
    return text, start, draw(st.integers(start, len(text)))


@given(spans())
def test_marked_keeps_every_character_and_marks_the_span_alone(case: tuple[str, int, int]) -> None:
    text, start, end = case
    html = marked(text, start, end)
    before, _, rest = html.partition("<mark>")
    span, _, after = rest.partition("</mark>")
    assert unescape(html.replace("<mark>", "").replace("</mark>", "")) == unescape_twin(text)
    if start < end:
        assert [
            len(unescape_twin(each)) for each in (text[:start], text[start:end], text[end:])
        ] == [len(unescape(each)) for each in (before, span, after)]


def unescape_twin(text: str) -> str:
    """Escape and read again: the text itself, but for characters that HTML cannot hold."""
    return unescape(escape(text))


@given(spans())
def test_marked_leaves_no_markup_of_the_text(case: tuple[str, int, int]) -> None:
    html = marked(*case)
    assert set(re.findall(r"<[^>]*>", html)) <= {"<mark>", "</mark>"}
    assert '"' not in html
    assert "'" not in html


def test_marked_marks_by_offsets_not_by_words() -> None:
    assert marked("two two two", 4, 7) == "two <mark>two</mark> two"


def test_marked_counts_code_points() -> None:
    assert marked("😀中x", 1, 2) == "😀<mark>中</mark>x"


@pytest.mark.parametrize(("start", "end"), [(-5, -1), (50, 60), (2, 2), (3, 1)])
def test_marked_marks_nothing_outside_the_text(start: int, end: int) -> None:
    assert "<mark" not in marked("short", start, end)


def test_marked_shows_that_a_window_is_cut() -> None:
    assert marked("abcdef", 2, 3, Window(1, 4)) == "… b<mark>c</mark>d …"


@given(spans(), st.integers(1, 100))
def test_sentence_window_holds_the_span(case: tuple[str, int, int], room: int) -> None:
    text, start, end = case
    window = sentence_window(text, start, end, room)
    assert 0 <= window.start <= window.end <= len(text)
    if start < end:
        assert window.start <= start
        assert end <= window.end


def test_sentence_window_takes_whole_sentences() -> None:
    text = "One is here. Two is here. Three is here. Four is here."
    at = text.index("Two")
    window = sentence_window(text, at, at + 3, room=20)
    assert text[window.start : window.end] == "Two is here."


def test_sentence_window_cuts_an_endless_sentence() -> None:
    window = sentence_window("x" * 10_000, 5_000, 5_010)
    assert window.end - window.start < 2_000
    assert window.start <= 5_000 < 5_010 <= window.end


def test_source_window_is_whole_where_it_fits() -> None:
    assert source_window("abc", 1) == Window(0, 3)


@pytest.mark.parametrize("start", [0, 500, 999])
def test_source_window_holds_its_place(start: int) -> None:
    window = source_window("x" * 1000, start, room=100)
    assert window.end - window.start == 100
    assert window.start <= start < window.end


def test_beginning_starts_at_the_beginning() -> None:
    window = beginning("One is here. " * 100, 50)
    assert window.start == 0
    assert window.end <= 60


def test_with_formulas_sets_formulas_and_shows_the_rest_as_it_is() -> None:
    text = "So *each* head\nhas $d_k = 64$ and\n$$\nx^2\n$$ <b>."
    at = text.index("each")
    shown = with_formulas(text, at, at + 4)
    assert shown == (
        "So \\*:yellow-background[each]\\* head  \nhas $d_k = 64$ and  \n"
        "$\\displaystyle x^2$ \\<b\\>\\."
    )


def test_with_formulas_marks_a_formula_whole() -> None:
    text = "It is $d_k = 64$ here."
    at = text.index("64")
    assert with_formulas(text, at, at + 2) == "It is :yellow-background[$d_k = 64$] here\\."


def test_with_formulas_shows_that_a_window_is_cut() -> None:
    text = "One. Two $x$ here. Three."
    assert with_formulas(text, 5, 8, Window(5, 18)) == "… :yellow-background[Two] $x$ here\\. …"


def test_with_formulas_is_nothing_without_a_formula() -> None:
    assert with_formulas("It costs $5 and 6.", 0, 2) is None
