"""The load on the pages tells a wrong conversation from a right one."""

from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.load import Seen
from benchmarks.load_pages import check_chats, questions_of
from kb.storage.history import History


@pytest.mark.parametrize(
    ("questions", "note", "wrong"),
    [
        (questions_of(3), "3.md", 0),
        (questions_of(3)[:1], "3.md", 1),
        ([*questions_of(3), questions_of(4)[0]], "3.md", 1),
        (questions_of(4), "3.md", 1),
        (questions_of(3), "4.md", 2),
    ],
    ids=["right", "lost turn", "one too many", "somebody else's", "another's note"],
)
def test_check_chats_finds_wrong_conversations(
    tmp_path: Path, questions: list[str], note: str, wrong: int
) -> None:
    folder = tmp_path / ".kb"
    with closing(History(folder)) as history:
        chat = history.new_chat()
        for question in questions:
            history.add_turn(chat, question, {"answer": "x", "citations": [{"note": note}]})
    seen = Seen()
    check_chats(tmp_path, {chat: 3}, seen)
    assert len(seen.wrong) == wrong
    assert seen.answered == len(questions)
