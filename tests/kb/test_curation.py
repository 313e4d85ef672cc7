"""The inbox and the entries written from it, on small folders."""

import sqlite3
from pathlib import Path

import pytest

from kb.answer import Answer, Citation
from kb.config import Settings
from kb.curation import curator
from kb.curation.curator import Curator
from kb.curation.entry import with_entry
from kb.errors import VaultError
from kb.faq import SAME_WORDS
from kb.knowledge import KnowledgeBase
from kb.notes.note import parse_note
from kb.storage.history import SCHEMA_VERSION, History
from tests.kb.fake_encoder import FakeEncoder

UNANSWERED = {"answer": None, "asked_as": None}
ORIGIN = Citation("a/b.md", "Title", "Part", 0, 5, "words", 0, 5, 0, 5)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / ".kb")


@pytest.fixture
def keeper(tmp_path: Path, history: History) -> Curator:
    encode = FakeEncoder().encode_queries
    return Curator(tmp_path, history, encode, max_bytes=10_000, thresholds=SAME_WORDS)


def test_inbox_counts_one_question_in_two_wordings_once(tmp_path: Path) -> None:
    base = KnowledgeBase.open(Settings.load(tmp_path))
    for question in (
        "What is the working memory of a language model?",
        "What is the long-term memory of a language model?",
        "What is a language model's working memory?",
    ):
        base.history.add_turn("a", question, UNANSWERED)
    newest, other = base.curation.inbox()
    base.close()
    assert newest.question == "What is a language model's working memory?"
    assert newest.others == ("What is the working memory of a language model?",)
    assert (newest.count, newest.turn) == (2, 3)
    assert (other.question, other.count) == ("What is the long-term memory of a language model?", 1)


def test_inbox_keeps_a_follow_up_in_its_full_words(keeper: Curator, history: History) -> None:
    full = "how is attention computed?"
    history.add_turn("a", "how is it computed?", {"answer": None, "asked_as": full})
    history.add_turn("a", "how is it computed?", UNANSWERED)
    assert [item.question for item in keeper.inbox()] == ["how is it computed?", full]


def test_closed_item_comes_back_when_it_is_asked_in_vain_again(
    keeper: Curator, history: History
) -> None:
    wrong = history.add_turn("a", "How big?", {"answer": "9"})
    history.feedback(wrong, "down", "10")
    (item,) = keeper.inbox()
    assert (item.given, item.right_answer) == ("9", "10")
    keeper.close(item)
    assert keeper.inbox() == []
    history.add_turn("b", "how big", UNANSWERED)
    (again,) = keeper.inbox()
    assert (again.count, again.given, again.right_answer) == (1, None, None)


def test_inbox_of_an_older_history_is_read_and_then_made_new(
    keeper: Curator, history: History
) -> None:
    history.add_turn("a", "How big?", UNANSWERED)
    history.close()
    with sqlite3.connect(history.path) as connection:
        connection.execute("DROP TABLE settled")
        connection.execute("ALTER TABLE chats DROP COLUMN owner")
        connection.execute("PRAGMA user_version=1")
    connection.close()
    (item,) = keeper.inbox()
    keeper.close(item)
    assert keeper.inbox() == []
    with sqlite3.connect(history.path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    connection.close()


def test_entry_makes_the_note_and_then_adds_to_it(keeper: Curator, tmp_path: Path) -> None:
    assert keeper.write_entry("faq", "How big", "Nine.\n\nMore.", ORIGIN) == "faq.md"
    assert keeper.write_entry("faq", "多大", "九。") == "faq.md"
    assert (tmp_path / "faq.md").read_text("utf-8") == (
        "# FAQ\n\n## How big?\n\nNine.\n\nMore.\n\nSource: [[a/b|Title › Part]]\n\n"
        "## 多大？\n\n九。\n"
    )


def test_entry_keeps_line_ends_and_front_matter() -> None:
    source = "---\r\ntags: [x]\r\n---\r\n# T\r\n\r\nText."
    assert with_entry("n.md", source, "Why?", "So.\nYes.", None) == (
        f"{source}\r\n\r\n## Why?\r\n\r\nSo.\r\nYes.\r\n"
    )


@pytest.mark.parametrize(
    "question",
    [
        "What does *args mean in f(*args)?",
        "Is <img src=x onerror=alert(1)> [a](javascript:alert(2)) **b** shown?",
        "What is C#?",
        "# What?",
        "`a` or $b$ or [[c]]?",
        "1. What?",
    ],
)
def test_entry_asks_the_question_in_exactly_its_words(question: str) -> None:
    note = parse_note("n.md", with_entry("n.md", "", question, "So.", None))
    assert [each.question for each in note.questions] == [question]


@pytest.mark.parametrize(
    ("source", "question", "answer", "reason"),
    [
        ("# T\n\n## Why?\n\nSo.\n", "why?  ".capitalize(), "No.", "already"),
        ("# T\n\n```python\nx = 1\n", "Why?", "So.", "still open"),
        ("# T\n", "Why?", "So.\n\n# More\n", "holds a heading"),
        ("# T\n", "Why?", "So\n---\nyes", "holds a heading"),
        ("# T\n", "  ", "So.", "needs a question"),
        ("# T\n", "Why?", " \n", "needs a question"),
    ],
    ids=["twice", "open fence", "heading", "underlined", "no question", "no answer"],
)
def test_entry_that_would_not_be_one_changes_nothing(
    keeper: Curator, tmp_path: Path, source: str, question: str, answer: str, reason: str
) -> None:
    (tmp_path / "n.md").write_text(source)
    with pytest.raises(VaultError, match=reason):
        keeper.write_entry("n", question, answer)
    assert (tmp_path / "n.md").read_text() == source


def test_entry_does_not_overwrite_what_another_program_wrote_meanwhile(
    keeper: Curator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "n.md"
    note.write_text("# T\n")

    def changed_after_reading(root: Path, path: str, *, max_bytes: int) -> str:
        text = (root / path).read_text()
        note.write_text(f"{text}\nOf another program ({max_bytes}).\n")
        return text

    monkeypatch.setattr(curator, "read_text", changed_after_reading)
    with pytest.raises(VaultError, match="changed meanwhile"):
        keeper.write_entry("n", "Why?", "So.")
    assert "Of another program" in note.read_text()
    assert [each.name for each in tmp_path.glob("*.tmp")] == []


def test_entry_is_refused_outside_the_folder(keeper: Curator, tmp_path: Path) -> None:
    with pytest.raises(VaultError):
        keeper.write_entry("../n", "Why?", "So.")
    assert not (tmp_path.parent / "n.md").exists()


def test_question_asked_again_gets_the_entry_written_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Bread\n\nBread is baked.\n")
    base = KnowledgeBase.open(Settings.load(tmp_path))
    base.index()
    question = "Who won the chess tournament of 1927?"
    assert base.ask(question).kind == "none"
    base.curation.write_entry("faq", question, "Alekhine won it.")
    base.index()
    answer = base.ask("who won the chess tournament of 1927")
    base.close()
    assert (answer.kind, answer.text) == ("faq", "Alekhine won it.")


def given(question: str, text: str | None, kind: str = "extractive") -> Answer:
    found = kind if text is not None else "none"
    return Answer(question, text, found, 0.9)  # type: ignore[arg-type]


def test_question_closes_by_itself_when_the_notes_answer_it(
    keeper: Curator, history: History
) -> None:
    history.add_turn("a", "How big?", UNANSWERED)
    history.add_turn("a", "How old?", UNANSWERED)
    notes = {"How big?": "Nine."}
    assert keeper.close_answered(lambda each: given(each, notes.get(each))) == ["How big?"]
    assert [item.question for item in keeper.inbox()] == ["How old?"]


@pytest.mark.parametrize(
    ("text", "kind", "closes"),
    [
        ("9", "extractive", False),
        ("8", "extractive", False),
        ("It is  Ten metres.", "extractive", True),
        ("8", "faq", True),
        (None, "none", False),
    ],
)
def test_question_answered_wrongly_closes_only_with_a_surely_better_answer(
    keeper: Curator, history: History, text: str | None, kind: str, closes: bool
) -> None:
    history.feedback(history.add_turn("a", "How big?", {"answer": "9"}), "down", "ten metres")
    closed = keeper.close_answered(lambda each: given(each, text, kind))
    assert bool(closed) == closes


def test_close_answered_asks_few_and_goes_on_behind_them(keeper: Curator, history: History) -> None:
    for number in range(5):
        history.add_turn("a", f"What is thing {number}?", UNANSWERED)
    asked: list[str] = []
    for _ in range(2):
        keeper.close_answered(lambda each: (asked.append(each), given(each, None))[1], most=3)
    assert len(asked) == 6
    assert len(set(asked)) == 5


def test_stub_is_a_note_that_answers_nothing_yet(
    keeper: Curator, history: History, tmp_path: Path
) -> None:
    history.add_turn("a", "Who is <b>Bob</b>: a/b?", UNANSWERED)
    (item,) = keeper.inbox()
    path = keeper.write_stub(item, [ORIGIN, ORIGIN])
    assert path == "Who is b Bob b a b.md"
    source = (tmp_path / path).read_text("utf-8")
    assert source.endswith("\n\nSee also: [[a/b|Title › Part]]\n")
    note = parse_note(path, source)
    assert (note.title, note.questions) == ("Who is <b>Bob</b>: a/b", ())
    assert keeper.inbox() == [item]
    with pytest.raises(VaultError, match="already"):
        keeper.write_stub(item)
