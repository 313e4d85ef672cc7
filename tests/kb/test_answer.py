from __future__ import annotations

import json

import pytest

from kb.answer import Alternative, Answer, Citation, Scored, from_json, to_json

CITATION = Citation("a/b.md", "标题", "A › B", 10, 14, "It is nine.", 4, 15, 6, 10)
ANSWER = Answer(
    question="How many?",
    text="nine",
    kind="extractive",
    confidence=0.9,
    citations=(CITATION,),
    alternatives=(Alternative("ten", 0.05, CITATION),),
    nearest=(Scored(CITATION, 0.03, 0.9, None),),
    timings_ms={"total": 12.5},
)


def test_to_json_has_the_documented_fields() -> None:
    data = to_json(ANSWER)
    assert list(data)[:5] == ["question", "answer", "kind", "confidence", "citations"]
    assert data["answer"] == "nine"
    assert {"note", "heading", "start", "end", "passage"} <= data["citations"][0].keys()
    assert data["alternatives"][0]["citation"]["note"] == "a/b.md"


def test_from_json_reads_what_to_json_made() -> None:
    assert from_json(json.loads(json.dumps(to_json(ANSWER)))) == ANSWER


def test_no_answer_is_null() -> None:
    data = to_json(Answer("Why?", None, "none", 0.1))
    assert (data["answer"], data["citations"], data["timings_ms"]) == (None, [], {})
    assert from_json(data) == Answer("Why?", None, "none", 0.1)


@pytest.mark.parametrize(("text", "kind"), [(None, "faq"), ("x", "none")])
def test_answer_refuses_a_kind_that_does_not_fit(text: str | None, kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        Answer("Q", text, kind, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [{}, {"question": "Q"}, {**to_json(ANSWER), "citations": [{}]}])
def test_from_json_refuses_what_is_no_answer(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not an answer"):
        from_json(data)
