from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from kb.errors import HistoryError
from kb.storage.history import TITLE_CHARS, History
from tests.permissions import unprivileged

ANSWERED = {"answer": "Nine.", "kind": "extractive", "citations": [{"note": "a.md"}]}
UNANSWERED = {"answer": None, "kind": "none", "citations": []}


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / ".kb")


def test_history_reads_nothing_and_writes_nothing_before_the_first_turn(history: History) -> None:
    assert (history.chats(), history.turns("none"), history.inbox()) == ([], [], [])
    assert not history.path.exists()


def test_add_turn_makes_the_chat_and_titles_it(history: History) -> None:
    turn = history.add_turn("my-chat", "  How many\nplanets? " + "really " * 20, ANSWERED)
    (chat,) = history.chats()
    assert chat.id == "my-chat"
    assert chat.title.startswith("How many planets? really")
    assert len(chat.title) <= TITLE_CHARS
    (stored,) = history.turns("my-chat")
    assert (stored.id, stored.answer, stored.verdict) == (turn, ANSWERED, None)


def test_new_chat_ids_are_long_and_its_title_is_kept_if_given(history: History) -> None:
    named, unnamed = history.new_chat("Planets"), history.new_chat()
    assert len(named) >= 16
    assert named != unnamed
    for chat in (unnamed, named):
        history.add_turn(chat, "How many?", ANSWERED)
    assert [(chat.id, chat.title) for chat in history.chats()] == [
        (named, "Planets"),
        (unnamed, "How many?"),
    ]
    assert len(history.chats(limit=1)) == 1


def test_rename_and_delete_chat(history: History) -> None:
    chat = history.new_chat()
    history.add_turn(chat, "Q", UNANSWERED)
    history.rename_chat(chat, "New")
    assert history.chats()[0].title == "New"
    history.delete_chat(chat)
    history.delete_chat(chat)
    assert (history.chats(), history.turns(chat), history.inbox()) == ([], [], [])
    with pytest.raises(HistoryError, match="no chat"):
        history.rename_chat(chat, "Gone")


def test_inbox_counts_what_was_answered_badly_until_it_is_answered_well(history: History) -> None:
    history.add_turn("a", "What is LSTM?", UNANSWERED)
    history.add_turn("b", "what is  lstm", UNANSWERED)
    wrong = history.add_turn("a", "地球多大？", ANSWERED)
    right = history.add_turn("a", "No answer is right", UNANSWERED)
    history.feedback(wrong, "down", "很大")
    history.feedback(right, "up")
    inbox = [(each.question, each.count, each.right_answer) for each in history.inbox()]
    assert inbox == [("地球多大？", 1, "很大"), ("what is  lstm", 2, None)]
    history.add_turn("c", "What is LSTM?", ANSWERED)
    assert [each.question for each in history.inbox()] == ["地球多大？"]


def test_asked_state_changes_with_whatever_is_asked_judged_or_settled(history: History) -> None:
    seen = [history.asked_state()]
    first = history.add_turn("a", "What is LSTM?", UNANSWERED)
    seen.append(history.asked_state())
    second = history.add_turn("a", "And GRU?", UNANSWERED)
    seen.append(history.asked_state())
    for turn, verdict in ((first, "up"), (second, "down"), (first, "down"), (second, "up")):
        history.feedback(turn, verdict)
        seen.append(history.asked_state())
    history.feedback(first, "down", "a network")
    seen.append(history.asked_state())
    history.settle({"and gru": second})
    seen.append(history.asked_state())
    history.delete_chat("a")
    seen.append(history.asked_state())
    assert len(set(seen)) == len(seen)
    history.delete_chat("a")
    assert history.asked_state() == seen[-1]


def test_feedback_on_no_turn_is_an_error(history: History) -> None:
    history.new_chat()
    with pytest.raises(HistoryError, match="no turn 7"):
        history.feedback(7, "up")


def test_history_keeps_every_turn_of_threads_and_processes(history: History) -> None:
    history.new_chat()
    script = (
        "import sys, pathlib; from kb.storage.history import History\n"
        "history = History(pathlib.Path(sys.argv[1]))\n"
        "for n in range(30): history.add_turn('p', f'process {n}', {'answer': None})\n"
    )
    command = [sys.executable, "-c", script, str(history.path.parent)]
    with subprocess.Popen(command, env={"PYTHONPATH": str(Path.cwd())}) as process:

        def ask(name: str) -> None:
            for number in range(15):
                history.add_turn("t", f"{name} {number}", UNANSWERED)

        threads = [threading.Thread(target=ask, args=(name,)) for name in "xy"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert process.returncode == 0
    assert (len(history.turns("t")), len(history.turns("p"))) == (30, 30)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with the history of a version that knew no owners."""
    history = History(tmp_path / ".kb")
    history.add_turn("old", "How big?", ANSWERED)
    history.close()
    with closing(sqlite3.connect(history.path)) as connection:
        connection.execute("ALTER TABLE chats DROP COLUMN owner")
        connection.execute("PRAGMA user_version=2")
        connection.commit()
    return history.path.parent


def seen(history: History) -> list[tuple[str, list[str]]]:
    return [
        (chat.title, [turn.question for turn in history.turns(chat.id)]) for chat in history.chats()
    ]


def test_older_history_is_read_before_and_after_it_is_made_new(old: Path) -> None:
    history = History(old)
    assert seen(history) == [("How big?", ["How big?"])]
    assert seen(history.of("ann")) == []
    history.add_turn("new", "How deep?", UNANSWERED)
    history.of("ann").add_turn("hers", "How wide?", UNANSWERED)
    assert seen(history) == [("How deep?", ["How deep?"]), ("How big?", ["How big?"])]
    assert seen(history.of("ann")) == [("How wide?", ["How wide?"])]
    assert seen(History(old)) == seen(history)
    assert {each.question for each in history.of("ann").inbox()} == {"How deep?", "How wide?"}


def test_older_history_in_a_folder_that_cannot_be_written_is_read(old: Path) -> None:
    with closing(sqlite3.connect(old / "history.db")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    old.chmod(0o500)
    (old / "history.db").chmod(0o400)
    try:
        assert unprivileged(lambda: seen(History(old))) == [("How big?", ["How big?"])]
    finally:
        old.chmod(0o700)


def test_damaged_history_is_named_and_left_alone(history: History) -> None:
    history.path.parent.mkdir()
    history.path.write_bytes(b"garbage " * 1000)
    with pytest.raises(HistoryError, match=r"history\.db is damaged"):
        history.chats()
    with pytest.raises(HistoryError, match="damaged"):
        history.new_chat()
    assert history.path.read_bytes() == b"garbage " * 1000


def test_history_without_its_folder_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="cannot be made"):
        History(tmp_path / "none" / ".kb").new_chat()


def test_chats_are_found_by_words_of_title_question_and_answer(history: History) -> None:
    history.add_turn("one", "How many planets?", ANSWERED)
    history.add_turn("one", "记忆有多长？", UNANSWERED)
    history.add_turn("two", "100% _sure_?", UNANSWERED)
    history.rename_chat("two", "Something else")

    def found(words: str) -> list[str]:
        return [chat.id for chat in history.chats(words=words)]

    assert found("PLANETS nine") == ["one"]
    assert found("记忆") == ["one"]
    assert found("100%") == found("_") == found("else") == ["two"]
    assert found("planets else") == []
    assert found("  ") == ["two", "one"]


def test_chats_of_others_are_not_found(history: History) -> None:
    history.of("ada").add_turn("hers", "A secret?", ANSWERED)
    assert history.chats(words="secret") == []
    assert len(history.of("ada").chats(words="secret")) == 1


def test_verdict_is_taken_back(history: History) -> None:
    turn = history.add_turn("my-chat", "Why?", ANSWERED)
    history.feedback(turn, "down", "Because.")
    history.feedback(turn, None)
    (stored,) = history.turns("my-chat")
    assert (stored.verdict, stored.right_answer) == (None, None)
    assert history.inbox() == []
