from __future__ import annotations

import io
import sys

import pytest

from kb.cli.asked import questions

TYPED = b"Who?\n\nWhen?\n"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_questions_are_the_lines_that_are_not_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TYPED + b"\r\n  Why? ")))
    assert list(questions()) == ["Who?", "When?", "Why?"]


def test_questions_of_a_person_end_with_an_empty_line_and_prompt_beside_the_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO(TYPED)))
    assert list(questions()) == ["Who?"]
    assert capsys.readouterr() == ("", "? ? ")


def test_questions_that_are_not_utf_8_are_taken_as_far_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"Who \xff wrote it?\n"), encoding="utf-8", errors="strict")
    monkeypatch.setattr(sys, "stdin", stdin)
    assert list(questions()) == ["Who \N{REPLACEMENT CHARACTER} wrote it?"]
