"""The thirty questions asked of the real notes: counts, and spans that stand where they claim."""

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
_REAL_NOTES = Path(os.environ.get("KB_REAL_NOTES", _REPOSITORY / "../shared/data/notes"))
_FIXTURE = json.loads(
    (_REPOSITORY / "tests/data/real_questions.json").read_text(encoding="utf-8"),
)
_ROOT = _REAL_NOTES / _FIXTURE["root"]
_QUESTIONS: list[dict[str, Any]] = _FIXTURE["questions"]
# Code spans, emphasis, links' targets and HTML tags; a lone "<" or "[" may be code.
_MARKUP = re.compile(r"[`*]|\]\(|</?[a-z]+\b[^<>\n]*>")

needs_real_notes = pytest.mark.skipif(
    not _ROOT.is_dir(), reason=f"no real notes in {_ROOT}; set KB_REAL_NOTES"
)
each_question = pytest.mark.parametrize(
    "question", _QUESTIONS, ids=[question["id"] for question in _QUESTIONS]
)


def read_source(note: str) -> str:
    """Read a note with its newlines kept."""
    return (_ROOT / note).read_bytes().decode("utf-8")


def languages_of(kind: str) -> Counter[str]:
    """Count the languages of the questions of a kind."""
    return Counter(question["language"] for question in _QUESTIONS if question["kind"] == kind)


def test_questions_count_as_planned() -> None:
    assert Counter(question["language"] for question in _QUESTIONS) == {"en": 15, "zh": 15}
    assert languages_of("answerable") == {"en": 12, "zh": 8}
    assert languages_of("cross-lingual") == {"zh": 4}
    assert languages_of("no-answer") == {"en": 3, "zh": 3}


def test_questions_are_unique() -> None:
    assert len({question["id"] for question in _QUESTIONS}) == len(_QUESTIONS)
    assert len({question["question"] for question in _QUESTIONS}) == len(_QUESTIONS)


@each_question
def test_question_has_answers_as_its_kind_says(question: dict[str, Any]) -> None:
    answers = question["answers"]
    languages = {answer["note"].partition("/")[0] for answer in answers}
    assert question["id"].startswith(question["language"] + "-")
    assert question["question"] == question["question"].strip() != ""
    match question["kind"]:
        case "no-answer":
            assert not answers
        case "cross-lingual":
            assert answers
            assert question["language"] not in languages
        case _:
            assert question["language"] in languages


@each_question
def test_answers_are_clean_and_listed_once(question: dict[str, Any]) -> None:
    spans = [(answer["note"], answer["start"], answer["text"]) for answer in question["answers"]]
    assert len(set(spans)) == len(spans)
    for _, _, text in spans:
        assert text == text.strip() != ""
        assert not _MARKUP.search(text)


@needs_real_notes
@each_question
def test_answers_stand_in_the_notes(question: dict[str, Any]) -> None:
    for answer in question["answers"]:
        source, start, text = read_source(answer["note"]), answer["start"], answer["text"]
        assert start >= 0
        assert source[start : start + len(text)] == text
