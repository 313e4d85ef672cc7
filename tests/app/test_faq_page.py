from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_base import NASTY

from kb.answer import Answer, to_json
from kb.config import Settings
from kb.curation.pins import Pin
from kb.knowledge import KnowledgeBase
from kb.models import Models
from tests.kb.fake_encoder import FakeEncoder

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
SOURCE = "# Lakes\n\nLake Baikal is 1642 metres deep.\n"
WORDS = "Lake Baikal is 1642 metres deep."
PIN = Pin.of("lakes.md", SOURCE, SOURCE.index(WORDS), SOURCE.index(WORDS) + len(WORDS))


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """Open a real base, without models, in the place of the fake one."""
    (tmp_path / "lakes.md").write_text(SOURCE, "utf-8")
    (tmp_path / "faq.md").write_text(
        f"# FAQ\n\n## How deep is it?\n\n{WORDS}\n\n{PIN.comment()}\n\n## Who?\n\n`{NASTY}`\n",
        "utf-8",
    )
    (tmp_path / "b.md").write_text("# B\n\n## Who?\n\nBob.\n\nQ: Is it late? A: Yes.\n", "utf-8")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    yield base
    base.close()


def html(app: AppTest) -> str:
    return "\n".join(str(each.proto.body) for each in app.main.get("html"))


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def test_faq_lists_what_the_notes_ask_and_finds_words(open_page: Open) -> None:
    app = open_page("faq")
    assert not app.exception
    for text in ("How deep is it?", "Is it late?", escape(NASTY), "Bob."):
        assert text in html(app)
    assert "All · 4" in str(app.main.get("button_group")[0].proto)
    app.text_input(key="faq_find").set_value("BAIKAL").run()
    assert "How deep is it?" in html(app)
    assert "Bob." not in html(app)


def test_entry_whose_source_changed_is_accepted_with_one_click(
    open_page: Open, base: KnowledgeBase
) -> None:
    (base.root / "lakes.md").write_text(SOURCE.replace("1642", "1700"), "utf-8")
    app = open_page("faq")
    assert ["Review this" in each.value for each in app.warning] == [True]
    assert "Lake Baikal is 1700 metres deep." in html(app)
    app = press(app, "Keep the answer")
    assert not app.exception
    assert base.faq.entries(review=True) == []
    assert WORDS in (base.root / "faq.md").read_text("utf-8")


def test_entry_takes_the_new_words_of_its_source(open_page: Open, base: KnowledgeBase) -> None:
    (base.root / "lakes.md").write_text(SOURCE.replace("1642", "1700"), "utf-8")
    app = press(open_page("faq"), "Take the new words")
    assert not app.exception
    assert not app.error
    assert "## How deep is it?\n\nLake Baikal is 1700 metres deep." in (
        base.root / "faq.md"
    ).read_text("utf-8")


def test_entry_is_edited_in_its_place(open_page: Open, base: KnowledgeBase) -> None:
    app = open_page("faq")
    app = app.text_input(key="faq_find").set_value("Bob").run()
    app = press(app, "Edit")
    assert app.text_area[0].value == "Bob.\n\nQ: Is it late? A: Yes."
    app.text_area[0].set_value("Ann.")
    app = press(app, "Save")
    assert not app.error
    assert (base.root / "b.md").read_text("utf-8") == "# B\n\n## Who?\n\nAnn.\n"


def test_question_asked_twice_is_merged(open_page: Open, base: KnowledgeBase) -> None:
    app = open_page("faq")
    app.get("button_group")
    app.session_state["faq_part"] = "faq_duplicates"
    app = press(app.run(), "Keep this one")
    assert not app.exception
    texts = [(base.root / name).read_text("utf-8") for name in ("b.md", "faq.md")]
    assert sum("## Who?" in text for text in texts) == 1


def test_faq_without_an_index_says_so(open_page: Open, base: KnowledgeBase) -> None:
    base.close()
    (base.root / ".kb" / "index.db").unlink()
    app = open_page("faq")
    assert not app.exception
    assert [each.value for each in app.info] == [
        "Nothing is indexed yet, so there is nothing to ask."
    ]


def test_answer_of_a_chat_is_kept_in_the_faq(open_page: Open, base: KnowledgeBase) -> None:
    (found,) = [each for each in base.search("Baikal", 9) if each.citation.note == "lakes.md"]
    answer = Answer("How old is it?", WORDS, "extractive", 0.8, (found.citation,))
    base.history.add_turn("c", "How old is it?", to_json(answer))
    app = press(open_page("chat", chat="c"), "Keep in the FAQ")
    assert not app.exception
    assert not app.error
    assert f"## How old is it?\n\n{WORDS}\n\nSource: [[lakes|" in (base.root / "faq.md").read_text(
        "utf-8"
    )
