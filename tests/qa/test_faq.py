"""The guards and thresholds of `qa.faq`, with vectors made for the case."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qa.faq import FaqThresholds, match_question

PAIRS = Path(__file__).parents[1] / "data" / "faq_pairs.json"


def at_cosines(*cosines: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a unit vector and unit vectors at these cosines to it."""
    others = [(cosine, np.sqrt(1 - cosine**2)) for cosine in cosines]
    return np.array([1, 0], np.float32), np.array(others, np.float32).reshape(-1, 2)


def matches(asked: str, stored: str, cosine: float = 0.999) -> bool:
    vector, vectors = at_cosines(cosine)
    return match_question(asked, vector, [stored], vectors) is not None


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("How do BERT and GPT differ?", "What is the difference between BERT and GPT?"),
        (
            "bert versus gpt: what is the difference?",
            "What is the difference between BERT and GPT?",
        ),
        ("什么是语言模型的工作记忆？", "语言模型的工作记忆是什么？"),
        ("系统会不会记住我的问题？", "系统会记住我的问题吗？"),
        ("BERT 与 GPT 有什么不同？", "BERT 和 GPT 有什么区别？"),
        ("What is the difference between BERT and GPT?", "BERT 和 GPT 有什么区别？"),
        ("Why self-attention instead of recurrence?", "为什么用自注意力而不用循环网络？"),
    ],
)
def test_match_question_takes_other_words(asked: str, stored: str) -> None:
    assert matches(asked, stored)


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("What is new in version 3?", "What is new in version 2?"),
        ("Can the index be shared?", "Can the index not be shared?"),
        ("How is BERT unlike T5, what is the difference?", "How is BERT different from GPT?"),
        ("What is max_length?", "What is min_length?"),
        ("Why is the index rebuilt?", "How is the index rebuilt?"),
        ("What is its short memory?", "What is its long memory?"),
        ("Why tea rather than coffee?", "Why coffee rather than tea?"),
        ("Is the answer wrong?", "Where are the notes kept?"),
        ("为什么系统没有答案？", "为什么系统有答案？"),
        ("为什么用循环网络而不用自注意力？", "为什么用自注意力而不用循环网络？"),
        ("What is the difference between BERT and T5?", "BERT 和 GPT 有什么区别？"),
        ("How many notes are there in 2024?", "2023 年有多少笔记？"),
    ],
    ids=[
        "number", "denial", "name", "identifier", "asked for", "opposite", "order",
        "no shared word", "chinese denial", "chinese order", "name across", "number across",
    ],
)  # fmt: skip
def test_match_question_refuses_another_question_however_close(asked: str, stored: str) -> None:
    assert not matches(asked, stored)


def test_match_question_asks_more_where_a_word_was_changed() -> None:
    limits = FaqThresholds()
    between = (limits.same + limits.changed) / 2
    stored = "How do I evaluate a question-answering system?"
    assert matches("How should I evaluate the question-answering system?", stored, between)
    assert not matches("How do I judge a question-answering system?", stored, between)
    assert matches("How do I judge a question-answering system?", stored, limits.changed + 0.001)


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("How do I choose the learning rate?", "学习率怎样选择？"),
        ("模型为什么把词切成子词？", "Why do models split words into subwords?"),
        ("Who proposed the transformer?", "Transformer 是谁提出的？"),
    ],
)
def test_match_question_understands_all_of_a_question_across_languages(
    asked: str, stored: str
) -> None:
    assert matches(asked, stored, 0.85)


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("How do I delete a note?", "怎样导出笔记？"),
        ("BERT 有多少层？", "How many parameters does BERT have?"),
        ("How do I prune the vines?", "怎样修剪葡萄藤？"),
    ],
    ids=["another verb", "another noun", "not understood"],
)
def test_match_question_refuses_across_languages_what_is_not_surely_the_same(
    asked: str, stored: str
) -> None:
    assert not matches(asked, stored, 0.89)


def test_match_question_takes_words_of_one_meaning_as_one() -> None:
    stored = "How is the learning rate chosen?"
    assert matches("How can the learning rate be selected?", stored, 0.94)
    assert not matches("How can the learning rate be lowered?", stored, 0.94)


def test_match_question_takes_the_nearest_and_is_surer_the_nearer() -> None:
    vector, vectors = at_cosines(0.98, 1.0, 0.5)
    same = "Where are the notes kept?"
    match = match_question(same, vector, [same] * 3, vectors)
    assert match is not None
    assert (match.index, match.overlap) == (1, 1.0)
    assert match.confidence == pytest.approx(1)
    least = match_question(same, vector, [same], at_cosines(FaqThresholds().same + 1e-6)[1])
    assert least is not None
    assert least.confidence == pytest.approx(0.8, abs=0.001)


def test_match_question_of_nothing_stored_is_none() -> None:
    vector, vectors = at_cosines()
    assert match_question("Who?", vector, [], vectors) is None


def test_match_question_names_shapes_that_do_not_fit() -> None:
    vector, vectors = at_cosines(0.9)
    with pytest.raises(ValueError, match=r"\(1, 2\) vectors of 2 questions"):
        match_question("Who?", vector, ["Who?", "What?"], vectors)


def test_the_pairs_are_many_and_none_is_listed_twice() -> None:
    entries = json.loads(PAIRS.read_text(encoding="utf-8"))["entries"]
    for kind, language in itertools.product(("same", "near"), ("en", "zh")):
        questions = [each for entry in entries for each in entry[kind][language]]
        assert len(questions) == len(set(questions)) >= 100
