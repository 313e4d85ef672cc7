from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.answer import Answer, Citation, Scored
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from tests.kb.fake_encoder import FakeEncoder

SOURCE = "# Clocks\n\nThe **heron clock** counts the tides. 每月校准。\n"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    (tmp_path / "old.md").write_text(SOURCE)
    (tmp_path / "other.md").write_text("# Other\n\nSomething else.\n")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    yield base
    base.close()


def cited(base: KnowledgeBase) -> Answer:
    """Answer with words of the note that will be renamed, and with a passage that stays."""
    found = {each.citation.note: each for each in base.search("clock", 10)}
    passage = found["old.md"].citation
    low = passage.passage.index("counts the tides")
    start = SOURCE.index("counts the tides")
    answer = Citation(
        note="old.md",
        title="Clocks",
        heading=passage.heading,
        start=start,
        end=start + 16,
        passage=passage.passage,
        passage_start=passage.passage_start,
        passage_end=passage.passage_end,
        answer_start=low,
        answer_end=low + 16,
    )
    near = (found["other.md"], Scored(passage, 0.1))
    return Answer("q?", "counts the tides", "extractive", 0.9, (answer,), nearest=near)


def test_relocate_leaves_what_is_there(base: KnowledgeBase) -> None:
    answer = cited(base)
    now = base.reading.relocate(answer)
    assert now.answer == answer
    assert not now.gone


def test_relocate_follows_the_words_to_the_note_that_has_them(
    base: KnowledgeBase, tmp_path: Path
) -> None:
    answer = cited(base)
    base.editing.move("old.md", "new/clocks")
    moved = f"---\ntags: [x]\n---\n{SOURCE}"
    (tmp_path / "new/clocks.md").write_text(moved)
    base.index()
    now = base.reading.relocate(answer)
    assert not now.gone
    (found,) = now.answer.citations
    assert found.note == "new/clocks.md"
    assert moved[found.start : found.end] == "counts the tides"
    assert found.passage[found.answer_start : found.answer_end] == "counts the tides"
    assert [each.citation.note for each in now.answer.nearest] == ["other.md", "new/clocks.md"]


@pytest.mark.parametrize("copies", [0, 2])
def test_relocate_says_what_is_gone_unless_one_note_has_the_words(
    base: KnowledgeBase, tmp_path: Path, copies: int
) -> None:
    answer = cited(base)
    (tmp_path / "old.md").unlink()
    for number in range(copies):
        (tmp_path / f"copy{number}.md").write_text(SOURCE)
    base.index()
    now = base.reading.relocate(answer)
    assert now.answer == answer
    assert now.gone == {"old.md"}
    (tmp_path / "old.md").write_text(SOURCE)
    base.index()
    assert not base.reading.relocate(answer).gone
