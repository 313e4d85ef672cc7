from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import NEEDS_BROWSER, PATIENCE_MS, Visit, visiting
from serving import indexed, serving

from kb.config import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = NEEDS_BROWSER

ATTACK = "<img src=x onerror=alert(1)> [x](javascript:alert(2))"
WALK = "Walk on.\n\n" * 60
NOTES = {
    "lake.md": (
        "# Lakes\n\n## Depth\n\nLake Baikal is **1642 metres** deep. See [[bread|the bread]].\n\n"
        "## Age\n\nIt is 25 million years old.\n"
    ),
    "bread.md": (
        "---\naliases: [Loaf]\n---\n# Bread\n\nSourdough is leavened with wild yeast.\n\n"
        "## How long is it baked?\n\nIt is baked for 40 minutes.\n"
    ),
    "tour.md": (
        "# Tour\n\nGo by [[loaf#How long is it baked?|the oven]], [the lake](lake.md#depth) and"
        f" [[#Last stop]].\n\n{WALK}## Last stop\n\nThe end.\n"
    ),
    "江.md": "# 长江\n\n长江全长约6300公里，是亚洲最长的河流。\n",
}


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return indexed(tmp_path_factory.mktemp("journeys") / "notes", NOTES)


@pytest.fixture(scope="module")
def url(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(Settings.load(notes, port=0), tmp_path_factory.mktemp("log") / "log") as address:
        yield address


def test_citation_leads_on_through_passages_and_links_of_the_note(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("How deep is Lake Baikal?")
        visitor.follow(visitor.note_links().first)
        assert "1642 metres" in visitor.lit()
        visitor.main.get_by_role("link", name="Next passage").click()
        visitor.main.get_by_text("Passage 2 of 2").wait_for(timeout=PATIENCE_MS)
        assert re.search(r"start=\d+&end=\d+", visitor.page.url)
        visitor.main.get_by_role("link", name="the bread").click()
        visitor.page.wait_for_url(re.compile(r"note=bread\.md"), timeout=PATIENCE_MS)
        visitor.main.get_by_text("wild yeast").last.wait_for(timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    ("link", "address", "heading"),
    [
        ("the oven", r"note=bread\.md&heading=How", "How long is it baked?"),
        ("the lake", r"note=lake\.md&heading=depth", "Depth"),
        ("Last stop", r"note=tour\.md&heading=Last", "Last stop"),
    ],
)
def test_link_to_a_heading_opens_the_note_there(
    visit: Visit, link: str, address: str, heading: str
) -> None:
    with visit() as visitor:
        visitor.go("note?note=tour.md")
        visitor.main.get_by_role("link", name=link, exact=True).click()
        visitor.page.wait_for_url(re.compile(address), timeout=PATIENCE_MS)
        visitor.settle()
        assert visitor.lit() == heading
        visitor.wait_until_lit_in_view()
        # The address alone leads there too; of a heading that is gone it says so.
        visitor.page.reload()
        visitor.settle()
        assert visitor.lit() == heading
        visitor.go("note?note=tour.md&heading=No such stop")
        assert visitor.main.get_by_text("This note has no heading “No such stop”.").is_visible()


def test_answer_is_explained_copied_and_judged(visit: Visit) -> None:
    with visit(permissions=["clipboard-read", "clipboard-write"]) as visitor:
        visitor.go()
        visitor.ask("How deep is Lake Baikal?")
        visitor.main.get_by_role("button", name="Copy").click()
        visitor.main.get_by_role("button", name="Copied").wait_for()
        copied = str(visitor.page.evaluate("navigator.clipboard.readText()"))
        assert copied.startswith("> Lake Baikal is **1642 metres")
        assert "(lake.md)" in copied
        visitor.main.get_by_role("button", name="Why this answer?").click()
        dialog = visitor.page.get_by_role("dialog")
        dialog.get_by_text("It is the answer").wait_for(timeout=PATIENCE_MS)
        visitor.page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        visitor.main.get_by_role("radio", name="Thumbs down").click()
        visitor.main.get_by_label("The right answer is…").fill(ATTACK)
        visitor.main.get_by_role("button", name="Save").click()
        visitor.main.get_by_text("Kept with the question").wait_for(timeout=PATIENCE_MS)


def test_follow_up_is_asked_again_in_corrected_words(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("How deep is Lake Baikal?")
        visitor.ask("and its age?")
        assert "Lake Baikal's age" in visitor.main.inner_text()
        visitor.main.get_by_role("button", name="Edit").click()
        visitor.page.get_by_role("textbox", name="Ask it in these words").fill(
            "How is sourdough leavened?"
        )
        visitor.page.get_by_role("button", name="Ask again").click()
        visitor.questions.nth(2).wait_for(timeout=PATIENCE_MS)
        visitor.settle()
        assert visitor.questions.nth(2).inner_text() == "How is sourdough leavened?"


def test_keys_lead_to_the_question_and_to_citations(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("Who won the chess tournament of 1927?")
        visitor.page.evaluate("document.activeElement.blur()")
        visitor.page.keyboard.press("n")
        focused = "document.activeElement.getAttribute('href') ?? document.activeElement.tagName"
        assert "note?" in str(visitor.page.evaluate(focused))
        first = visitor.page.evaluate(focused)
        visitor.page.keyboard.press("n")
        assert visitor.page.evaluate(focused) != first
        visitor.page.keyboard.press("/")
        assert visitor.page.evaluate(focused) == "TEXTAREA"
        visitor.page.keyboard.type("n/p")
        assert visitor.page.get_by_test_id("stChatInputTextArea").input_value() == "n/p"


def test_chinese_input_method_does_not_send_while_composing(visit: Visit) -> None:
    with visit(locale="zh-CN") as visitor:
        visitor.go()
        box = visitor.page.get_by_test_id("stChatInputTextArea")
        box.click()
        protocol = visitor.page.context.new_cdp_session(visitor.page)
        for letters in ("c", "ch", "chang"):
            at = {"selectionStart": len(letters), "selectionEnd": len(letters)}
            protocol.send("Input.imeSetComposition", {"text": letters, **at})
        # The Enter that takes the letters as they are belongs to the input method.
        enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
        protocol.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
        protocol.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
        visitor.page.wait_for_timeout(500)
        assert visitor.questions.count() == 0
        protocol.send("Input.insertText", {"text": "长江有多长？"})
        assert box.input_value() == "长江有多长？"
        box.press("Enter")
        visitor.page.wait_for_function(
            "() => document.querySelector('#kb-asked')", timeout=PATIENCE_MS
        )
        visitor.settle()
        assert visitor.questions.all_inner_texts() == ["长江有多长？"]


def test_chat_is_searched_and_exported(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("How is sourdough leavened?")
        side = visitor.page.get_by_test_id("stSidebar")
        side.get_by_label("Search the chats").fill("SOURDOUGH yeast")
        side.get_by_label("Search the chats").press("Enter")
        visitor.settle()
        assert side.get_by_role("link", name="sourdough").count() >= 1
        side.get_by_role("button", name="Export").click()
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("dialog").get_by_role("button", name="Markdown").click()
        assert download.value.suggested_filename == "How-is-sourdough-leavened.md"
        text = Path(download.value.path()).read_text("utf-8")
        assert text.startswith("# How is sourdough leavened?\n")
        assert "wild yeast" in text


def test_example_of_the_notes_is_asked_with_one_click(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.main.get_by_role("button", name="How long is it baked?").click()
        visitor.main.locator(".kb-answer").wait_for(timeout=PATIENCE_MS)
        assert "40 minutes" in visitor.main.locator(".kb-answer").inner_text()


def test_chats_survive_a_restart_of_the_server(
    browser: Browser, notes: Path, tmp_path: Path
) -> None:
    settings = Settings.load(notes, port=0)
    with serving(settings, tmp_path / "one") as url, visiting(browser, url) as visitor:
        visitor.go()
        visitor.ask("How deep is Lake Baikal?")
        chat = visitor.page.url.partition("?")[2]
    with serving(settings, tmp_path / "two") as url, visiting(browser, url) as visitor:
        visitor.go(f"?{chat}")
        assert visitor.questions.all_inner_texts() == ["How deep is Lake Baikal?"]
        assert "1642" in visitor.main.locator(".kb-answer").inner_text()
