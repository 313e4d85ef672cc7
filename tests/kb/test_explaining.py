from __future__ import annotations

import pytest

from kb.config import Settings
from kb.knowledge import KnowledgeBase

NOTES = {
    "lake.md": "# Lakes\n\nLake Baikal is 1642 metres deep.\n",
    "sea.md": "# Seas\n\nThe Dead Sea is salty and lies low.\n",
    "bread.md": "# Bread\n\nWild yeast leavens it.\n\n## How long is it baked?\n\n40 minutes.\n",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("explained")
    for name, text in NOTES.items():
        (folder / name).write_text(text, encoding="utf-8")
    for number in range(8):
        (folder / f"n{number}.md").write_text(f"# N{number}\n\nA lake numbered {number}.\n")
    found = KnowledgeBase.open(Settings.load(folder))
    found.index()
    return found


def test_explanation_is_of_the_answer_that_is_given(base: KnowledgeBase) -> None:
    question = "How deep is Lake Baikal?"
    answer = base.ask(question)
    first, *others = base.explain(question).passages
    assert first.reason == "answers"
    assert first.confidence == pytest.approx(answer.confidence, abs=1e-4)
    assert (first.citation.start, first.citation.end) == (
        answer.citations[0].start,
        answer.citations[0].end,
    )
    assert first.reader is not None
    assert first.no_answer is not None
    assert first.no_answer < 0.5
    assert all(each.reason != "answers" for each in others)


def test_explanation_tells_what_was_not_read(base: KnowledgeBase) -> None:
    found = base.explain("How deep is Lake Baikal?")
    unread = [each for each in found.passages if each.reason == "unread"]
    assert unread
    assert all(each.rank > found.read and each.reader is None for each in unread)


def test_explanation_of_a_question_without_answer_has_no_answer(base: KnowledgeBase) -> None:
    question = "Who won the chess tournament of 1927?"
    assert base.ask(question).text is None
    found = base.explain(question)
    assert all(each.reason in ("no_answer", "unsure", "unread") for each in found.passages)
    assert all((each.confidence or 0) < found.threshold for each in found.passages)


def test_explanation_names_the_question_of_the_notes(base: KnowledgeBase) -> None:
    found = base.explain("how long is it baked")
    assert found.entry == "How long is it baked?"
    assert all(each.reason != "answers" for each in found.passages)
