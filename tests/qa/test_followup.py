import json
from pathlib import Path

import pytest

from qa.followup.rewriting import MEMORY, Turn, in_full

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "follow_ups.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("earlier", "question", "full"),
    [
        ("What is self-attention?", "and how is it computed?", "how is self-attention computed"),
        ("How deep is Lake Baikal?", "and its temperature?", "is Lake Baikal's temperature"),
        ("And how tall is Mount Everest?", "how old is it?", "how old is Everest"),
        ("How heavy is a blue whale?", "how long does it live?", "does blue whale live"),
        ("How accurate is the reader?", "how is it measured?", "how is the reader measured"),
        ("How attention is used in BERT?", "and its cost?", "attention's cost"),
        ("How many layers does BERT have?", "its hidden size?", "is BERT's hidden size"),
        ("贝加尔湖有多深？", "它的温度是多少？", "贝加尔湖的温度"),
        ("What is Adam?", "What are its default values?", "What are Adam's default values"),
        ("How many layers does BERT base have?", "And BERT large?", "layers does BERT large have"),
        ("Who introduced the LSTM?", "When?", "LSTM"),
        ("什么是丢弃法？", "它有什么缺点？", "丢弃法有什么缺点"),
        ("自注意力是谁提出的？", "什么时候？", "自注意力"),
    ],
    ids=[
        "it",
        "its after how deep",
        "it after how tall",
        "it after how heavy",
        "it after how accurate",
        "its after how it is used",
        "its after how many",
        "它 after 有多深",
        "its",
        "fragment",
        "bare",
        "它",
        "bare, Chinese",
    ],
)
def test_in_full_puts_the_topic_in(earlier: str, question: str, full: str) -> None:
    said = in_full(question, [earlier])
    assert said is not None
    assert full.casefold() in said.casefold()


@pytest.mark.parametrize(
    "case", CASES["alone"], ids=[case["question"][:24] for case in CASES["alone"]]
)
def test_in_full_leaves_questions_that_stand_on_their_own(case: dict[str, list[str]]) -> None:
    assert in_full(str(case["question"]), case["earlier"]) is None


def test_in_full_needs_something_to_lean_on() -> None:
    assert in_full("How is it computed?", []) is None
    assert in_full("How is it computed?", ["Why?"]) is None


def test_in_full_forgets_what_was_said_long_ago() -> None:
    said = ["What is the LSTM?", *["And why?"] * MEMORY]
    assert in_full("Who made it?", said[:2]) is not None
    assert in_full("Who made it?", ["What is the LSTM?", *["Why?"] * MEMORY]) is None


def test_in_full_takes_the_cited_note_where_the_question_names_nothing() -> None:
    said = in_full("Who made it?", [Turn("Why?", title="Dropout", answer="it regularises")])
    assert said is not None
    assert "Dropout" in said


def test_every_kind_of_case_is_there() -> None:
    languages = [case["language"] for case in CASES["follow_ups"]]
    assert len(languages) >= 40
    assert min(languages.count("en"), languages.count("zh")) >= 15
