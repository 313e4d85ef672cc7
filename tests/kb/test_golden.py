"""Golden questions, and the gate that a new index must pass."""

import json
from pathlib import Path

import pytest

from kb.answer import Answer, Citation
from kb.catalog.catalog import Catalog
from kb.config import Settings
from kb.errors import KbError
from kb.golden.gate import BESIDE_FOLDER
from kb.golden.questions import golden_questions, parse_golden
from kb.golden.score import is_right
from kb.indexing.sync import Progress
from kb.knowledge import KnowledgeBase
from kb.measuring.own_questions import OwnQuestion
from kb.models import Models
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.test_cli import kb
from tests.qa.fake_reader import FakeReader

GOLDEN = "- When was Ohm's law published? 1827\n- Who was Zorb?\n"


def test_golden_questions_of_a_list() -> None:
    text = (
        "# Golden\n\nWords.\n\n- When was it? 1827; in 1827\n* [x] Who?\n"
        "1. 何时提出？：1827年；公元1827年\n"
        "- no question\n"
    )
    assert parse_golden("g.md", text) == [
        OwnQuestion("When was it?", None, ("1827", "in 1827")),
        OwnQuestion("Who?", None, ()),
        OwnQuestion("何时提出？", None, ("1827年", "公元1827年")),
    ]


def test_golden_questions_of_a_table() -> None:
    text = "Words.\n\n| question | note | answer |\n|---|---|---|\n| When? | a.md | 1827 |\n"
    assert parse_golden("g.md", text) == [OwnQuestion("When?", "a.md", ("1827",))]
    with pytest.raises(KbError, match=r"g\.md has no column named question"):
        parse_golden("g.md", "| a | b |\n|---|---|\n| c | d |\n")


def test_golden_notes_are_those_named_or_marked(tmp_path: Path) -> None:
    with pytest.raises(KbError, match=r"golden\.md"):
        golden_questions(tmp_path, 10**6)
    (tmp_path / "golden.md").write_text("- One? 1\n")
    (tmp_path / "marked.md").write_text("---\ngolden: true\n---\n- Two? 2\n")
    (tmp_path / "not.md").write_text("---\ngolden: false\n---\n- Three? 3\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "golden.md").write_text("- Four? 4\n")
    asked = [each.question for each in golden_questions(tmp_path, 10**6)]
    assert asked == ["One?", "Two?"]


def given(text: str | None, note: str = "a.md") -> Answer:
    if text is None:
        return Answer("q", None, "none", 0.1)
    citation = Citation(
        note=note, title="", heading="", start=0, end=1, passage="x", passage_start=0,
        passage_end=1, answer_start=0, answer_end=1,
    )  # fmt: skip
    return Answer("q", text, "extractive", 0.9, (citation,))


@pytest.mark.parametrize(
    ("expected", "answer", "right"),
    [
        (OwnQuestion("q", None, ("1827",)), given("in the year 1827"), True),
        (OwnQuestion("q", None, ("182",)), given("in the year 1827"), False),
        (OwnQuestion("q", None, ("x", "The Year 1827!")), given("year 1827"), True),
        (OwnQuestion("q", None, ("公元1827年",)), given("在公元1827年提出"), True),
        (OwnQuestion("q", None, ("1827",)), given(None), False),
        (OwnQuestion("q", None, ()), given(None), True),
        (OwnQuestion("q", None, ()), given("x"), False),
        (OwnQuestion("q", "a.md", ()), given("x"), True),
        (OwnQuestion("q", "b.md", ("x",)), given("x"), False),
    ],
)
def test_an_answer_is_right_by_words_and_note(
    expected: OwnQuestion, answer: Answer, right: bool
) -> None:
    assert is_right(expected, answer) is right


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "ohm.md").write_text("# Ohm's law\n\nOhm's law was published in 1827.\n")
    (folder / "golden.md").write_text(GOLDEN)
    return folder


def passages(notes: Path) -> list[str]:
    with Catalog(notes).view() as view:
        return [each.text for note in view.notes() for each in view.passages_of(note.path)]


def test_golden_notes_are_no_source_of_answers(notes: Path) -> None:
    kb("index", "-n", str(notes))
    assert passages(notes) == ["Ohm's law was published in 1827."]


def test_gate_keeps_the_old_index_when_a_question_breaks(notes: Path) -> None:
    first = kb("index", "--gate", "-n", str(notes))
    assert first.exit_code == 0, first.output
    assert "2 of 2 right, no index before" in first.stdout
    (notes / "ohm.md").write_text("# Ohm's law\n\nOhm's law is about current.\n")
    (notes / "new.md").write_text("# Zinc\n\nZinc is a metal.\n")
    refused = kb("index", "--gate", "-n", str(notes))
    assert refused.exit_code == 1
    assert "broke: When was Ohm's law published?" in refused.stdout
    assert "1 of 2 right, 2 before: the old index stays" in refused.stdout
    assert passages(notes) == ["Ohm's law was published in 1827."]
    assert not (notes / ".kb" / BESIDE_FOLDER).exists()
    (notes / "ohm.md").write_text("# Ohm's law\n\nIt is old. Ohm's law was published in 1827.\n")
    taken = kb("index", "--gate", "-n", str(notes), "--json")
    assert taken.exit_code == 0, taken.output
    report = json.loads(taken.stdout)
    assert (report["taken"], report["right"], report["right_before"]) == (True, 2, 2)
    assert "Zinc is a metal." in passages(notes)
    assert "metal" in kb("search", "zinc", "-n", str(notes)).stdout
    assert kb("doctor", "-n", str(notes)).exit_code == 0


def test_gate_without_golden_questions_says_how_to_write_them(notes: Path) -> None:
    (notes / "golden.md").unlink()
    result = kb("index", "--gate", "-n", str(notes))
    assert result.exit_code == 1
    assert "golden.md" in result.stderr


class Stopped(BaseException):
    """As a killed process: nothing catches it."""


@pytest.mark.parametrize("stage", ["embedding", "asking old", "asking new"])
def test_a_gated_run_that_is_stopped_leaves_the_old_index(notes: Path, stage: str) -> None:
    base = KnowledgeBase(Models(Settings.load(notes), FakeEncoder(), FakeReader({})))
    base.index()
    before = passages(notes)
    (notes / "new.md").write_text("# Zinc\n\nZinc is a metal.\n")

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            raise Stopped

    with pytest.raises(Stopped):
        base.index_gated(progress=stop)
    assert passages(notes) == before
    # What a killed process could not remove is in nobody's way.
    (notes / ".kb" / BESIDE_FOLDER).mkdir()
    (notes / ".kb" / BESIDE_FOLDER / "index.db").write_bytes(b"half")
    assert base.index_gated().taken
    assert "Zinc is a metal." in passages(notes)
    base.close()


def test_a_reader_of_the_old_index_goes_on_while_the_new_one_is_taken(notes: Path) -> None:
    base = KnowledgeBase(Models(Settings.load(notes), FakeEncoder(), FakeReader({})))
    base.index()
    (notes / "new.md").write_text("# Zinc\n\nZinc is a metal.\n")
    with Catalog(notes).view() as view:
        old = view.generation()
        assert base.index_gated(rebuild=True).taken
        assert [note.path for note in view.notes()] == ["golden.md", "ohm.md"]
    with Catalog(notes).view() as view:
        assert view.generation() > old
        assert view.check() == []
    assert [hit.citation.note for hit in base.search("zinc metal", 1)] == ["new.md"]
    base.close()
