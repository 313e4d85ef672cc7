from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import pytest
from fake_base import NASTY, PASSAGE, SOURCE, FakeBase, citation

from kb.answer import Answer
from kb.errors import CatalogDamaged, NotAllowed, VaultError
from kb.markdown.reading import SPAN_END, SPAN_START
from kb.pages import opener, problems
from kb.pages.links import plain
from kb.pages.strings import translate
from kb.reading import NoteReader
from kb.relocating import Relocated
from qa.followup.rewriting import Turn
from retrieval.errors import IndexDamaged
from retrieval.scope import Scope

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]


class SourceMissing(VaultError):
    pass


def html(app: AppTest) -> str:
    return "\n".join(str(each.proto.body) for each in app.main.get("html"))


def links(app: AppTest) -> list[tuple[str, str]]:
    return [(each.proto.label, each.proto.query_string) for each in app.get("page_link")]


def test_chat_says_that_a_cited_note_is_gone(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def relocate(_reader: NoteReader, answer: Answer) -> Relocated:
        return Relocated(answer, frozenset({"a/b.md"}))

    monkeypatch.setattr(NoteReader, "relocate", relocate)
    app = ask(open_page(), "what is the answer?")
    assert not app.exception
    assert "(a/b.md): this note is no longer there." in html(app)
    assert not [query for _, query in links(app) if "note=" in query]


def ask(app: AppTest, question: str) -> AppTest:
    return app.chat_input[0].set_value(question).run()


def settled(app: AppTest, indexer: opener.Indexer) -> AppTest:
    until = time.monotonic() + 10
    while indexer.running and time.monotonic() < until:
        time.sleep(0.01)
    return app.run()


def test_chat_shows_answer_in_its_sentence_marked_by_offsets(open_page: Open) -> None:
    app = ask(open_page(), "what is the answer?")
    assert not app.exception
    assert '<p class="kb-answer">forty-two</p>' in html(app)
    assert "The answer is 中文 <mark>forty-two</mark> 😀 here. Not forty-two there." in html(app)


def test_chat_says_how_sure_it_is(open_page: Open) -> None:
    app = ask(open_page(), "what is the answer?")
    assert "Quite sure · 80% · 0.12 s" in html(app)


def test_chat_links_to_the_note_at_the_place(open_page: Open) -> None:
    app = ask(open_page(), "what is the answer?")
    start, end = citation().start, citation().end
    found = [query for label, query in links(app) if "Part" in label]
    assert f"note=a%2Fb.md&start={start}&end={end}" in found


def test_chat_asks_a_follow_up_within_its_chat_and_says_how(
    open_page: Open, base: FakeBase
) -> None:
    app = ask(open_page(), "what is the answer?")
    assert base.earlier == [()]
    assert "Asked as" not in html(app)
    app = ask(app, "and its answer?")
    [turn] = base.earlier[-1]
    assert isinstance(turn, Turn)
    assert (turn.question, turn.answer) == ("what is the answer?", "forty-two")
    assert f"Asked as: and its answer? {escape(NASTY)}" in html(app)


def test_chat_says_plainly_when_there_is_no_answer(open_page: Open) -> None:
    app = ask(open_page(), "nothing of it")
    assert any("do not answer this" in each.value for each in app.markdown)
    assert escape(PASSAGE) in html(app)


def test_chat_is_stored_and_named_by_the_address(open_page: Open, base: FakeBase) -> None:
    app = ask(open_page(), "what is the answer?")
    (chat,) = base.history.chats()
    assert app.query_params["chat"] == chat.id
    again = open_page(chat=chat.id)
    assert "forty-two" in html(again)
    ask(again, "and the second answer?")
    assert [turn.question for turn in base.history.turns(chat.id)] == [
        "what is the answer?",
        "and the second answer?",
    ]


def test_chat_with_an_unknown_name_begins_anew(open_page: Open, base: FakeBase) -> None:
    app = open_page(chat="no-such-chat")
    assert any("no such chat" in each.value for each in app.markdown)
    ask(app, "what is the answer?")
    assert len(base.history.chats()) == 1


@pytest.mark.parametrize("question", ["   ", "x" * 10_000], ids=["empty", "long"])
def test_chat_refuses_a_question_in_one_line(
    open_page: Open, base: FakeBase, question: str
) -> None:
    app = ask(open_page(), question)
    assert not app.exception
    assert len(app.error) == 1
    assert "\n" not in app.error[0].value
    assert not base.history.chats()


def test_chat_reads_no_markup_of_a_question(open_page: Open) -> None:
    app = ask(open_page(), f"{NASTY} answer")
    assert NASTY not in html(app)
    assert escape(NASTY) in html(app)


def test_links_show_titles_as_they_are(open_page: Open) -> None:
    app = ask(open_page(), "what is the answer?")
    labels = [label for label, query in links(app) if "note=" in query]
    assert labels
    assert all(plain(NASTY) in label for label in labels)


def test_chat_without_index_offers_to_index(open_page: Open, base: FakeBase) -> None:
    base.indexed = False
    app = open_page()
    assert [each.label for each in app.button] == ["Index now"]
    app.button(key="index_now").click().run()
    app = settled(app, opener.open_base().indexer)
    assert base.indexed
    assert not app.info


def test_chat_is_judged_and_the_right_answer_kept(open_page: Open, base: FakeBase) -> None:
    app = ask(open_page(), "what is the answer?")
    (chat,) = base.history.chats()
    (turn,) = base.history.turns(chat.id)
    app.get("feedback")[0].set_value(0).run()
    app.text_input(key=f"right_text_{turn.id}").set_value(NASTY)
    next(each for each in app.button if each.label == "Save").click().run()
    (turn,) = base.history.turns(chat.id)
    assert (turn.verdict, turn.right_answer) == ("down", NASTY)
    assert [each.right_answer for each in base.history.inbox()] == [NASTY]


def test_chat_asks_again_in_corrected_words_which_stand_alone(
    open_page: Open, base: FakeBase
) -> None:
    app = ask(ask(open_page(), "what is the answer?"), "and its answer?")
    (chat,) = base.history.chats()
    turn = base.history.turns(chat.id)[-1]
    app = app.button(key=f"edit_{turn.id}").click().run()
    app.text_input(key=f"full_{turn.id}").set_value("the other answer")
    next(each for each in app.button if each.label == "Ask again").click().run()
    assert base.earlier[-1] == ()
    assert [each.question for each in base.history.turns(chat.id)][2:] == ["the other answer"]


def test_question_that_was_stopped_is_asked_again_within_its_chat(
    open_page: Open, base: FakeBase
) -> None:
    app = open_page()
    app.chat_input[0].set_value("What is the answer?").run()
    app.session_state["asked_now"] = ("and its colour?", False)
    app = app.run()
    assert "Stopped; nothing was kept of it." in html(app)
    assert len(base.history.turns(app.query_params["chat"])) == 1
    app.button(key="ask_stopped").click().run()
    assert not app.exception
    assert "Stopped" not in html(app)
    assert [len(each) for each in base.earlier] == [0, 1]
    app.run()
    assert "Stopped" not in html(app)


def test_question_that_failed_was_not_stopped(open_page: Open, base: FakeBase) -> None:
    app = open_page()
    app.chat_input[0].set_value("x" * 3000).run()
    assert len(app.error) == 1
    app.run()
    assert "Stopped" not in html(app)
    assert base.history.chats() == []


def test_chat_explains_an_answer_where_it_looked(open_page: Open, base: FakeBase) -> None:
    app = open_page()
    app.multiselect(key="scope_tags").set_value(["tag"]).run()
    app = ask(app, "what is the answer?")
    next(each for each in app.button if each.label == "Why this answer?").click().run()
    assert not app.exception
    assert base.scopes[-1] == Scope(("tag",), ())
    shown = "\n".join(str(each.proto.body) for each in app.get("html"))
    assert "Looked for: what is the answer?" in shown
    assert "It is the answer: confidence 80%." in shown


def test_chat_copies_the_answer_as_markdown(open_page: Open) -> None:
    app = ask(open_page(), "what is the answer?")
    assert 'data-text="&gt; The answer is 中文 **forty-two** 😀 here.' in html(app)


def test_empty_chat_offers_questions_of_the_notes(open_page: Open, base: FakeBase) -> None:
    app = open_page()
    example = app.button(key="example_0")
    assert example.label == plain(f"What is the answer? {NASTY}")
    example.click().run()
    (chat,) = base.history.chats()
    assert base.history.turns(chat.id)[0].question == f"What is the answer? {NASTY}"


def test_chats_are_searched(open_page: Open, base: FakeBase) -> None:
    base.history.add_turn("one", "of lakes", {"answer": None})
    base.history.add_turn("two", "of bread", {"answer": None})
    app = open_page()
    app.text_input(key="chat_search").set_value("LAKES").run()
    assert [query for _, query in links(app) if "chat=" in query] == ["chat=one"]


def test_chat_looks_only_where_told(open_page: Open, base: FakeBase) -> None:
    app = open_page()
    app.multiselect(key="scope_tags").set_value(["tag"]).run()
    app.multiselect(key="scope_folders").set_value(["a"]).run()
    ask(app, "what is the answer?")
    assert base.scopes == [Scope(("tag",), ("a",))]


def test_chat_survives_an_answer_that_cannot_be_read(open_page: Open, base: FakeBase) -> None:
    chat = base.history.new_chat()
    base.history.add_turn(chat, "old", {"answer": "of another version"})
    app = open_page(chat=chat)
    assert not app.exception
    assert len(app.error) == 1


def test_note_marks_the_cited_span_in_its_source(open_page: Open) -> None:
    cited = citation()
    app = open_page("note", note="a/b.md", start=str(cited.start), end=str(cited.end))
    assert not app.exception
    app.segmented_control[0].set_value("source").run()
    before, after = SOURCE[: cited.start], SOURCE[cited.end :]
    marked = f'{escape(before)}<mark id="kb-cited">forty-two</mark>{escape(after)}'
    assert marked in html(app)


def test_note_is_rendered_with_the_cited_span_between_marks(open_page: Open) -> None:
    cited = citation()
    app = open_page("note", note="a/b.md", start=str(cited.start), end=str(cited.end))
    (read,) = (each for each in app.markdown if "forty-two" in each.value)
    assert f"The answer is 中文 {SPAN_START}forty-two{SPAN_END} 😀 here." in read.value


def test_note_hides_front_matter_when_it_is_read(open_page: Open) -> None:
    app = open_page("note", note="a/b.md")
    (read,) = (each for each in app.markdown if "forty-two" in each.value)
    assert "title:" not in read.value
    assert not read.allow_html


@pytest.mark.parametrize(
    ("start", "end"), [("x", "9"), ("-1", "5"), ("9", "3"), ("0", "99999"), ("9" * 30, "9" * 31)]
)
def test_note_with_a_wrong_place_is_shown_without_a_mark(
    open_page: Open, start: str, end: str
) -> None:
    app = open_page("note", note="a/b.md", start=start, end=end)
    assert not app.exception
    assert "<mark" not in html(app)
    assert escape(NASTY) in html(app)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "no.md", NASTY, "\0"])
def test_note_that_is_none_is_one_error(open_page: Open, path: str) -> None:
    app = open_page("note", note=path)
    assert not app.exception
    assert len(app.error) == 1


def test_notes_are_listed_and_linked(open_page: Open) -> None:
    app = open_page("notes")
    assert not app.exception
    assert ("note=a%2Fb.md") in [query for _, query in links(app)]


def test_notes_are_narrowed_by_folder(open_page: Open) -> None:
    app = open_page("notes")
    app.selectbox(key="folder").set_value("c").run()
    assert "No notes here." in html(app)


def test_notes_are_searched_in_their_text(open_page: Open, base: FakeBase) -> None:
    app = open_page("notes")
    app.text_input(key="find").set_value("words").run()
    assert escape(PASSAGE) in html(app)
    assert base.scopes == [None]


def test_note_is_added_and_indexed(open_page: Open, base: FakeBase) -> None:
    app = open_page("notes")
    app.text_input(key="name_0").set_value("new/note")
    app.text_area(key="text_0").set_value("# New")
    next(each for each in app.button if each.label == "Save the note").click().run()
    app = settled(app, opener.open_base().indexer)
    assert not app.exception
    assert base.written["new/note.md"] == "# New"
    assert base.rebuilt == [False]
    assert "note=new%2Fnote.md" in [query for _, query in links(app)]
    assert app.text_input(key="name_1").value == ""


def test_note_is_not_overwritten_unasked(open_page: Open, base: FakeBase) -> None:
    app = open_page("notes")
    app.text_input(key="name_0").set_value("a/b")
    app.text_area(key="text_0").set_value("other")
    save = next(each for each in app.button if each.label == "Save the note")
    app = save.click().run()
    assert len(app.error) == 1
    assert base.written["a/b.md"] == SOURCE
    assert app.text_area(key="text_0").value == "other"
    app.checkbox(key="replace_0").check()
    next(each for each in app.button if each.label == "Save the note").click().run()
    assert base.written["a/b.md"] == "other"


def test_files_are_uploaded(open_page: Open, base: FakeBase) -> None:
    app = open_page("notes")
    app.file_uploader[0].set_value([("one.txt", b"# \xe4\xb8\xad", "text/plain")])
    app.text_input(key="into_0").set_value("in/")
    next(each for each in app.button if each.label == "Add the files").click().run()
    assert not app.exception
    assert base.written["in/one.md"] == "# 中"


def test_file_that_is_not_utf8_is_one_error(open_page: Open, base: FakeBase) -> None:
    app = open_page("notes")
    app.file_uploader[0].set_value([("one.md", b"\xff\xfe", "text/plain")])
    next(each for each in app.button if each.label == "Add the files").click().run()
    assert len(app.error) == 1
    assert list(base.written) == ["a/b.md"]


def test_status_lists_what_was_skipped_as_it_is(open_page: Open) -> None:
    app = open_page("status")
    assert not app.exception
    assert f"<code>{escape(NASTY)}</code>" in html(app)
    assert NASTY not in html(app)
    assert {each.label: each.value for each in app.metric}["Passages"] == "3"


def test_status_makes_a_damaged_index_anew(open_page: Open, base: FakeBase) -> None:
    base.failure = CatalogDamaged("the index is damaged: run `kb index --rebuild`")
    app = open_page("status")
    assert len(app.error) == 1
    base.failure = None
    app.button(key="rebuild").click().run()
    app = settled(app, opener.open_base().indexer)
    assert base.rebuilt == [True]
    assert len(app.success) == 1


def test_notes_that_vanished_are_forgotten_only_when_told(open_page: Open, base: FakeBase) -> None:
    base.missing = tuple(f"n{number}.md" for number in range(7))
    app = open_page("status")
    app.button(key="index_now").click().run()
    app = settled(app, opener.open_base().indexer)
    assert "vanished from the folder at once: 7" in app.warning[0].value
    app.button(key="index_forget").click().run()
    app = settled(app, opener.open_base().indexer)
    assert base.forgotten == [False, True]
    assert not app.warning


def test_failed_indexing_is_one_error(open_page: Open, base: FakeBase) -> None:
    app = open_page("status")
    base.failure = VaultError("no folder: make it")
    app.button(key="index_now").click().run()
    base_failure, base.failure = base.failure, None
    app = settled(app, opener.open_base().indexer)
    assert [each.value for each in app.error] == [plain("No folder: make it")]
    assert str(base_failure) == "no folder: make it"


def test_folder_that_cannot_be_opened_is_a_page_that_says_what_to_do(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise VaultError("no folder /x: make it with `kb init` or name another")

    app = open_page()
    monkeypatch.setattr(opener, "open_base", fail)
    app.run()
    assert not app.exception
    assert app.title[0].value == "The notes cannot be opened"
    assert len(app.error) == 1
    assert [each.label for each in app.button] == ["Try again"]


def test_language_is_chosen_by_the_address_and_kept_there(open_page: Open) -> None:
    app = open_page(lang="zh")
    assert app.title[0].value == "向你的笔记提问"
    app = ask(app, "answer")
    assert app.query_params["lang"] == "zh"


def test_language_can_be_switched(open_page: Open) -> None:
    app = open_page()
    app.segmented_control(key="language_switch").set_value("zh").run()
    assert app.title[0].value == "向你的笔记提问"


def test_errors_on_the_chinese_page_are_chinese_with_their_own_words_behind(
    open_page: Open, base: FakeBase
) -> None:
    base.failure = CatalogDamaged("/n/index.db is damaged: run `kb index` to make it anew")
    app = open_page("status", lang="zh")
    said = (
        "索引已损坏，可以从笔记重新建立（/n/index.db is damaged: run `kb index` to make it anew）"
    )
    assert [each.value for each in app.error] == [plain(said)]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (VaultError("a.md is already there: choose another name"), "这个名称已被占用"),
        (VaultError("a.md cannot be written: No space left on device"), "无法写入"),
        (NotAllowed("you may read these notes"), "你可以阅读这些笔记，但不能修改"),
        (SourceMissing("x"), "笔记文件夹或其中的文件无法使用"),
        (IndexDamaged("x"), "检索无法进行"),
    ],
)
def test_line_says_in_chinese_what_kind_of_error_it_is(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def chinese(key: str, **values: object) -> str:
        return translate(key, "zh", **values)

    monkeypatch.setattr(problems, "t", chinese)
    line = problems.line(error)
    assert line.startswith(said)
    assert line.endswith(f"（{error}）")
