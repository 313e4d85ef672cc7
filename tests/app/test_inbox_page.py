from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from fake_base import NASTY, PASSAGE, FakeBase

from kb.pages.indexer import Indexer

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
UNANSWERED = {"answer": None}


def html(app: AppTest) -> str:
    return "\n".join(str(each.proto.body) for each in app.main.get("html"))


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def test_inbox_is_empty_at_first(open_page: Open) -> None:
    app = open_page("inbox")
    assert not app.exception
    assert "Nothing waits here" in html(app)


def test_unanswered_question_of_a_chat_comes_into_the_inbox(open_page: Open) -> None:
    app = open_page()
    app.chat_input[0].set_value(NASTY).run()
    app = open_page("inbox")
    assert not app.exception
    assert "No answer · Asked without a good answer: 1 ·" in html(app)
    assert "turn=1" in [each.proto.query_string for each in app.get("page_link")]


def test_inbox_lists_the_newest_first_and_dismisses(open_page: Open, base: FakeBase) -> None:
    base.history.add_turn("a", "Old one?", UNANSWERED)
    base.history.add_turn("a", "New one?", UNANSWERED)
    app = open_page("inbox")
    turns = [each.proto.query_string for each in app.get("page_link")]
    assert [each for each in turns if "turn" in each] == ["turn=2", "turn=1"]
    app.button(key="no_2").click().run()
    assert [item.question for item in base.curation.inbox()] == ["Old one?"]


def test_inbox_item_is_answered_with_words_of_a_note(open_page: Open, base: FakeBase) -> None:
    base.history.add_turn("a", "How big is it", UNANSWERED)
    app = open_page("inbox", turn="1")
    assert escape(PASSAGE) in html(app)
    app.button(key="take_nearest_0_1").click().run()
    assert app.text_area(key="entry_answer_1").value == PASSAGE
    app = press(app, "Save the answer")
    assert not app.exception
    assert not app.error
    assert base.curation.inbox() == []
    assert base.rebuilt == [False]
    written = (base.history.path.parent.parent / "faq.md").read_text("utf-8")
    assert written.startswith(f"# FAQ\n\n## How big is it?\n\n{PASSAGE}\n\nSource: [[a/b|")
    assert any("Saved" in each.value for each in app.success)


def test_own_words_name_no_source(open_page: Open, base: FakeBase) -> None:
    base.history.add_turn("a", "How big?", UNANSWERED)
    app = open_page("inbox", turn="1")
    app.button(key="take_nearest_0_1").click().run()
    app.text_area(key="entry_answer_1").set_value("Very big.")
    press(app, "Save the answer")
    written = (base.history.path.parent.parent / "faq.md").read_text("utf-8")
    assert written == "# FAQ\n\n## How big?\n\nVery big.\n"


def test_answer_that_cannot_be_saved_is_one_error_and_stays(
    open_page: Open, base: FakeBase
) -> None:
    base.history.add_turn("a", "How big?", UNANSWERED)
    app = open_page("inbox", turn="1")
    app.text_area(key="entry_answer_1").set_value("So.\n\n# And more\n")
    app = press(app, "Save the answer")
    assert len(app.error) == 1
    assert app.text_area(key="entry_answer_1").value == "So.\n\n# And more\n"
    assert len(base.curation.inbox()) == 1
    assert not (base.history.path.parent.parent / "faq.md").exists()


def test_wrong_answer_is_shown_with_what_is_said_to_be_right(
    open_page: Open, base: FakeBase
) -> None:
    turn = base.history.add_turn("a", "Whose answer?", {"answer": "wrong one"})
    base.history.feedback(turn, "down", NASTY)
    app = open_page("inbox", turn=str(turn))
    assert not app.exception
    assert "Found wrong: wrong one" in html(app)
    app.button(key=f"take_right_{turn}").click().run()
    assert app.text_area(key=f"entry_answer_{turn}").value == NASTY
    # The notes answer it otherwise by now: then it can be closed.
    app.button(key="close_answered").click().run()
    assert base.curation.inbox() == []


def test_inbox_item_that_is_gone_is_told(open_page: Open) -> None:
    app = open_page("inbox", turn="7")
    assert not app.exception
    assert [each.value for each in app.info] == ["This question no longer waits for an answer."]


def test_note_is_begun_for_a_question_that_waits_on(open_page: Open, base: FakeBase) -> None:
    base.history.add_turn("a", "How big is it?", UNANSWERED)
    app = press(open_page("inbox", turn="1"), "Begin a note")
    assert not app.exception
    assert not app.error
    assert (base.history.path.parent.parent / "How big is it.md").is_file()
    assert len(base.curation.inbox()) == 1


def test_indexing_closes_what_the_notes_answer_by_now(base: FakeBase) -> None:
    base.history.add_turn("a", "Is there an answer?", UNANSWERED)
    base.history.add_turn("a", "Is there none?", UNANSWERED)
    indexer = Indexer(base)  # type: ignore[arg-type]
    indexer._index(False, False, False)
    assert indexer.closer is not None
    indexer.closer.join(60)
    assert [item.question for item in base.curation.inbox()] == ["Is there none?"]
