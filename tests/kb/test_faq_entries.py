"""Questions that the notes ask themselves, through the whole product with the bundled models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.answer import Answer
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from retrieval.scope import Scope
from tests.kb.fake_encoder import FakeEncoder

FAQ = (
    "---\ntags: [faq]\n---\n# Questions\n\n"
    "## What is the working memory of a language model?\n\n"
    "The working memory is its **context window**. See [[Context window]].\n\n"
    "A second paragraph says more.\n\n"
    "## Which tools are there?\n\n"
    "## What is the difference between BERT and GPT?\n\n"
    "BERT sees both sides; GPT sees only what came before.\n"
)
HOUSE = (
    "---\nfaq:\n  - question: When is the kettle descaled?\n"
    "    answer: On the first Monday of each month.\n---\n# House\n\nThe kettle is blue.\n"
)
CHINESE = "# 问答\n\n## 语言模型的长期记忆是什么？\n\n长期记忆是存在**权重**里的知识。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ai").mkdir()
    (tmp_path / "ai" / "faq.md").write_text(FAQ, encoding="utf-8")
    (tmp_path / "house.md").write_text(HOUSE, encoding="utf-8")
    (tmp_path / "问答.md").write_text(CHINESE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def base(folder: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    yield base
    base.close()


def cited(base: KnowledgeBase, answer: Answer) -> str:
    citation = answer.citations[0]
    assert citation.passage[citation.answer_start : citation.answer_end] == answer.text
    return base.read_note(citation.note).source[citation.start : citation.end]


@pytest.mark.parametrize(
    "question",
    [
        "What is a language model's working memory?",
        "What is the working memory of a language model",
    ],
)
def test_ask_gives_the_paragraph_under_the_heading(base: KnowledgeBase, question: str) -> None:
    stages: list[str] = []
    answer = base.ask(question, on_stage=stages.append)
    assert answer.kind == "faq", answer
    assert answer.text == "The working memory is its context window. See Context window."
    assert cited(base, answer) == (
        "The working memory is its **context window**. See [[Context window]]."
    )
    assert answer.citations[0].heading == "What is the working memory of a language model?"
    assert 0.8 <= answer.confidence <= 1
    assert answer.nearest
    assert stages == ["searching", "answering"]


def test_ask_gives_the_answer_in_the_front_matter(base: KnowledgeBase) -> None:
    answer = base.ask("when is the kettle descaled?")
    assert (answer.kind, answer.text) == ("faq", "On the first Monday of each month.")
    assert "On the first Monday of each month." in cited(base, answer)


def test_ask_finds_a_chinese_entry_in_other_words(base: KnowledgeBase) -> None:
    answer = base.ask("什么是语言模型的长期记忆？")
    assert (answer.kind, answer.text) == ("faq", "长期记忆是存在权重里的知识。")
    assert cited(base, answer) == "长期记忆是存在**权重**里的知识。"


def test_ask_finds_an_entry_of_the_other_language(base: KnowledgeBase) -> None:
    answer = base.ask("What is a language model's long-term memory?")
    assert (answer.kind, answer.citations[0].note) == ("faq", "问答.md")


@pytest.mark.parametrize(
    "question",
    [
        "What is the working memory of a computer?",
        "What is the difference between BERT and T5?",
        "When is the kettle not descaled?",
        "Which tools are there?",
    ],
    ids=["changed word", "another name", "denied", "heading without an answer"],
)
def test_ask_leaves_other_questions_to_the_reader(base: KnowledgeBase, question: str) -> None:
    assert base.ask(question).kind != "faq"


@pytest.mark.parametrize(
    ("scope", "kind"),
    [
        (Scope(tags=("#FAQ",)), "faq"),
        (Scope(folders=("ai",)), "faq"),
        (Scope(folders=("elsewhere",)), "none"),
        (Scope(tags=("house",)), "none"),
    ],
    ids=["its tag", "its folder", "another folder", "another tag"],
)
def test_ask_keeps_to_the_scope(base: KnowledgeBase, scope: Scope, kind: str) -> None:
    assert base.ask("What is a language model's working memory?", scope=scope).kind == kind


def test_ask_shows_no_entry_below_the_threshold(folder: Path, base: KnowledgeBase) -> None:
    question = "What is a language model's working memory?"
    sure = base.ask(question).confidence
    assert sure < 1
    strict = KnowledgeBase.open(Settings.load(folder, threshold=1.0))
    assert strict.ask(question).kind != "faq"
    strict.close()


def test_ask_follows_the_notes(folder: Path, base: KnowledgeBase) -> None:
    question = "When is the kettle descaled?"
    assert base.ask(question).kind == "faq"
    (folder / "house.md").write_text(HOUSE.replace("first Monday", "last Friday"), encoding="utf-8")
    base.index()
    assert base.ask(question).text == "On the last Friday of each month."
    (folder / "house.md").unlink()
    base.index()
    assert base.ask(question).kind != "faq"


def test_stored_questions_are_embedded_once_and_another_encoder_needs_the_same_words(
    folder: Path,
) -> None:
    encoder = FakeEncoder()
    first = KnowledgeBase(Models(Settings.load(folder), encoder=encoder))
    first.index()
    first.close()
    stored = "When is the kettle descaled?"
    assert encoder.queries[stored] == 1
    again = KnowledgeBase(Models(Settings.load(folder), encoder=encoder))
    assert again.ask("when is the kettle descaled").kind == "faq"
    assert again.ask("When is the kettle descaled again and by whom?").kind != "faq"
    assert encoder.queries[stored] == 1
    again.close()
