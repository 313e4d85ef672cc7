from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import NEEDS_BROWSER, PATIENCE_MS, Visit
from serving import indexed, serving

from kb.config import Settings
from kb.storage.writer_lock import WriterLock

if TYPE_CHECKING:
    pass

pytestmark = NEEDS_BROWSER

ATTACK = "<script>alert(1)</script> [x](javascript:alert(2)) **b** :red[r] $$x$$ {{7*7}}"
FILLER = "\n".join(
    f"Paragraph {n} tells of other things, at some length, and of no lake.\n" for n in range(60)
)
NOTES = {
    "places/lakes.md": (
        f"# Lakes\n\n{FILLER}\n## Depth\n\nLake Baikal is 1642 metres deep.\n\n{FILLER}"
    ),
    "places/地理.md": "# 地理\n\n长江全长约6300公里，是亚洲最长的河流。\n",
    "places/peaks.md": "# Peaks\n\nMount Elbrus is 5642 metres high.\n",
    "food/bread.md": (
        "---\ntags: [food]\n---\n# Bread\n\nSourdough bread is leavened with wild yeast.\n\n"
        "| flour | water |\n| --- | --- |\n| 500 g | 350 g |\n\n$$a = \\frac{b}{c}$$\n"
    ),
    "attack/<img src=x onerror=alert(3)>.md": (
        f"---\ntitle: '{ATTACK}'\ntags: ['<b>t</b>']\n---\n# <img src=x onerror=alert(4)>\n\n"
        "The quokka password is <script>alert(5)</script> swordfish.\n\n"
        "![p](http://outside.invalid/p.png) <iframe src=http://outside.invalid/></iframe>\n"
        f"[click](javascript:alert(6))\n\n{'W' * 400}\n"
    ),
}


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return indexed(tmp_path_factory.mktemp("browser") / "notes", NOTES)


@pytest.fixture(scope="module")
def url(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("log") / "server.log"
    # From another folder: nothing may depend on the checkout being the current one.
    with serving(Settings.load(notes, port=0), log, cwd=notes.parent) as address:
        yield address


def test_answer_leads_to_the_place_in_the_note(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("How deep is Lake Baikal?")
        assert "1642 metres" in visitor.main.locator(".kb-answer").inner_text()
        marked = visitor.main.locator(".kb-passage mark").first.inner_text()
        assert marked == visitor.main.locator(".kb-answer").inner_text()
        visitor.follow(visitor.note_links().first)
        assert visitor.lit() == marked
        visitor.wait_until_lit_in_view()
        # The address alone leads there too.
        visitor.page.reload()
        visitor.settle()
        assert visitor.lit() == marked
        visitor.wait_until_lit_in_view()
        visitor.page.get_by_text("Source", exact=True).click()
        visitor.wait_until_in_view("#kb-cited")
        assert visitor.page.locator("#kb-cited").inner_text() == marked


def test_question_without_answer_is_told_so(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("Who won the chess tournament of 1927?")
        assert visitor.main.get_by_text("The notes do not answer this.").is_visible()
        assert visitor.note_links().count() > 0
        visitor.wait_until_in_view("#kb-asked")


def test_chat_survives_a_reload_and_is_found_again(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("How is sourdough bread leavened?")
        address = visitor.page.url
        assert "chat=" in address
        visitor.page.reload()
        visitor.settle()
        assert visitor.page.url == address
        assert visitor.questions.all_inner_texts() == ["How is sourdough bread leavened?"]
        visitor.page.get_by_role("link", name="New chat").click()
        visitor.page.wait_for_url(re.compile(r"/$"))
        visitor.settle()
        assert visitor.questions.count() == 0
        visitor.page.locator(f'a[href*="{address.partition("?")[2]}"]').click()
        visitor.questions.first.wait_for(timeout=PATIENCE_MS)
        assert visitor.page.url == address
        visitor.page.go_back()
        visitor.page.wait_for_url(re.compile(r"/$"))
        visitor.questions.first.wait_for(state="hidden", timeout=PATIENCE_MS)


def test_two_windows_do_not_disturb_each_other(visit: Visit) -> None:
    with visit() as one, visit(locale="zh-CN") as two:
        one.go()
        two.go()
        one.ask("How deep is Lake Baikal?")
        two.ask("长江有多长？")
        one.ask("How is sourdough bread leavened?")
        assert one.questions.count() == 2
        assert two.questions.all_inner_texts() == ["长江有多长？"]
        assert one.page.url != two.page.url


def test_chat_is_renamed_and_deleted(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("What is leavened with wild yeast?")
        side = visitor.page.get_by_test_id("stSidebar")
        side.get_by_role("button", name="Rename").click()
        dialog = visitor.page.get_by_role("dialog")
        dialog.get_by_label("Name of the chat").fill(ATTACK)
        dialog.get_by_role("button", name="Save").click()
        dialog.wait_for(state="hidden")
        visitor.settle()
        renamed = side.get_by_text(ATTACK[:40])
        assert renamed.is_visible()
        side.get_by_role("button", name="Delete").click()
        visitor.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        renamed.first.wait_for(state="hidden")
        visitor.settle()
        assert "chat=" not in visitor.page.url


def test_question_without_answer_is_answered_from_the_inbox(visit: Visit, notes: Path) -> None:
    question = "Who won the regatta of 1931?"
    with visit() as visitor:
        visitor.go()
        visitor.ask(question)
        visitor.main.get_by_role("link", name="Kept in the inbox").click()
        visitor.page.wait_for_url(re.compile(r"/inbox"))
        visitor.settle()
        visitor.main.get_by_role("link", name=question).click()
        visitor.page.wait_for_url(re.compile(r"turn="))
        visitor.main.get_by_text("Nearest passages").wait_for(timeout=PATIENCE_MS)
        visitor.page.get_by_role("textbox", name="Answer, in Markdown").fill("Ada Lovell won it.")
        visitor.page.get_by_role("button", name="Save the answer").click()
        visitor.main.get_by_text("Saved.").wait_for(timeout=PATIENCE_MS)
        visitor.page.get_by_text("passages, in").wait_for(timeout=PATIENCE_MS)
        assert visitor.main.get_by_role("link", name=question).count() == 0
        visitor.go()
        visitor.ask("who won the regatta of 1931")
        assert visitor.main.locator(".kb-answer").inner_text() == "Ada Lovell won it."
        assert visitor.main.get_by_text("A curated answer").is_visible()
    (notes / "faq.md").unlink()


def test_kept_answer_asks_for_review_when_its_source_changes(visit: Visit, notes: Path) -> None:
    source = notes / "places" / "peaks.md"
    with visit() as visitor:
        visitor.go()
        visitor.ask("How high is Mount Elbrus?")
        visitor.main.get_by_role("button", name="Keep in the FAQ").click()
        visitor.page.get_by_text("Kept in faq").wait_for(timeout=PATIENCE_MS)
        source.write_text(source.read_text().replace("5642", "5643"))
        visitor.go("faq")
        review = visitor.main.get_by_text("Review this")
        review.wait_for(timeout=PATIENCE_MS)
        assert visitor.main.get_by_text("Mount Elbrus is 5643 metres high.").is_visible()
        visitor.main.get_by_role("button", name="Keep the answer").click()
        # While the page is drawn anew, what it showed before may stand there twice.
        review.first.wait_for(state="hidden", timeout=PATIENCE_MS)
        visitor.settle()
        assert review.count() == 0
        assert "Mount Elbrus is 5642 metres high." in (notes / "faq.md").read_text()
    (notes / "faq.md").unlink()


def test_dot_of_the_map_opens_its_passage(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go("insight")
        dot = visitor.main.get_by_test_id("stVegaLiteChart").locator(".role-mark path").first
        dot.click(timeout=PATIENCE_MS)
        visitor.main.get_by_text("The passage you clicked").wait_for(timeout=PATIENCE_MS)
        visitor.follow(visitor.note_links().last)


@pytest.mark.parametrize("question", [" ", "x" * 10_000], ids=["blank", "long"])
def test_unfit_question_is_one_line(visit: Visit, question: str) -> None:
    with visit() as visitor:
        visitor.go()
        box = visitor.page.get_by_test_id("stChatInputTextArea")
        box.fill(question)
        box.press("Enter")
        visitor.page.wait_for_timeout(500)
        visitor.settle()
        assert visitor.errors.count() == 1
        assert "chat=" not in visitor.page.url


def test_note_is_written_indexed_and_asked(visit: Visit, notes: Path) -> None:
    with visit() as visitor:
        visitor.go("notes")
        visitor.page.get_by_role("tab", name="Add").click()
        visitor.page.get_by_label("Name", exact=True).fill("animals/octopus")
        visitor.page.get_by_label("Text, in Markdown").fill(
            "# Octopus\n\nAn octopus has three hearts."
        )
        visitor.page.get_by_role("button", name="Save the note").click()
        visitor.page.get_by_text("Added 1").wait_for(timeout=PATIENCE_MS)
        visitor.settle()
        assert (notes / "animals" / "octopus.md").read_text() == (
            "# Octopus\n\nAn octopus has three hearts."
        )
        # The same name again is refused, and what was written stays in the form.
        visitor.page.get_by_label("Name", exact=True).fill("animals/octopus")
        visitor.page.get_by_label("Text, in Markdown").fill("Something else.")
        visitor.page.get_by_role("button", name="Save the note").click()
        visitor.errors.get_by_text("already there").wait_for(timeout=PATIENCE_MS)
        assert visitor.page.get_by_label("Text, in Markdown").input_value() == "Something else."
        assert "hearts" in (notes / "animals" / "octopus.md").read_text()
        visitor.go()
        visitor.ask("How many hearts does an octopus have?")
        assert "three" in visitor.main.locator(".kb-passage mark").first.inner_text()


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a\\b", "n" * 300, "a/../../b", "con"])
def test_note_name_that_is_unfit_is_one_line(visit: Visit, notes: Path, name: str) -> None:
    before = sorted(notes.parent.rglob("*.md"))
    with visit() as visitor:
        visitor.go("notes")
        visitor.page.get_by_role("tab", name="Add").click()
        visitor.page.get_by_label("Name", exact=True).fill(name)
        visitor.page.get_by_role("button", name="Save the note").click()
        visitor.errors.first.wait_for(timeout=PATIENCE_MS)
        assert visitor.errors.count() == 1
    assert sorted(notes.parent.rglob("*.md")) == before


def test_files_are_refused_together_with_a_bad_one(visit: Visit, notes: Path) -> None:
    with visit() as visitor:
        visitor.go("notes")
        visitor.page.get_by_role("tab", name="Add").click()
        visitor.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
            [
                {"name": "tea.txt", "mimeType": "text/plain", "buffer": "# 茶\n\n茶叶。".encode()},
                {"name": "bad.md", "mimeType": "text/plain", "buffer": b"\xff\xfe\x00"},
            ]
        )
        visitor.settle()
        visitor.page.get_by_role("button", name="Add the files").click()
        visitor.errors.first.wait_for(timeout=PATIENCE_MS)
        assert "bad.md is not text" in visitor.errors.first.inner_text().lower()
    # All or none: what is good can be added again once the bad one is left out.
    assert not (notes / "tea.md").exists()
    assert not (notes / "bad.md").exists()


def test_index_page_tells_what_it_did(visit: Visit, notes: Path) -> None:
    (notes / "latin1.md").write_bytes(b"caf\xe9")
    with visit() as visitor:
        visitor.go("index")
        visitor.page.get_by_role("button", name="Index now").click()
        visitor.main.get_by_text("latin1.md").wait_for(timeout=PATIENCE_MS)
        visitor.page.get_by_text("passages, in").wait_for(timeout=PATIENCE_MS)
        # So few notes are indexed before anybody sees it; what watches them may index just now.
        with WriterLock(notes, timeout=30):
            visitor.page.get_by_role("button", name="Make the index anew").click()
            visitor.page.get_by_test_id("stProgress").wait_for(timeout=PATIENCE_MS)
        visitor.page.get_by_text("passages, in").wait_for(timeout=PATIENCE_MS)
    (notes / "latin1.md").unlink()


def test_notes_are_browsed_and_read(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go("notes")
        visitor.page.get_by_label("Find").fill("bread")
        visitor.page.get_by_label("Find").press("Enter")
        visitor.settle()
        visitor.follow(visitor.note_links().first)
        assert visitor.main.get_by_role("table").is_visible()
        assert visitor.main.locator(".katex").count() > 0
        assert "tags:" not in visitor.main.inner_text()


def test_hostile_note_runs_nothing_and_loads_nothing(visit: Visit) -> None:
    with visit() as visitor:
        visitor.go()
        visitor.ask("What is the quokka password?")
        visitor.ask(f"{ATTACK} quokka password {'W' * 500}")
        assert visitor.questions.last.inner_text().startswith(ATTACK)
        visitor.go("notes")
        link = visitor.main.locator('a[href*="attack"]').first
        assert ATTACK[:40] in link.inner_text()
        visitor.follow(link)
        assert ATTACK in visitor.main.inner_text()
        for element in ("script", "iframe", "b"):
            assert visitor.main.locator(element).count() == 0
        targets = [each.get_attribute("href") or "" for each in visitor.main.locator("a").all()]
        assert not [each for each in targets if each.startswith("javascript")]
        visitor.page.get_by_role("link", name="click").click()
        visitor.page.get_by_text("Source", exact=True).click()
        visitor.main.locator(".kb-source").wait_for(timeout=PATIENCE_MS)
        assert "<script>alert(5)</script>" in visitor.main.locator(".kb-source").inner_text()
        assert not visitor.overflows()


def test_paths_out_of_the_folder_are_not_read(visit: Visit) -> None:
    with visit() as visitor:
        for path in ("../../../etc/passwd", "/etc/passwd", ".kb/index.db", "%00"):
            visitor.go(f"note?note={path}")
            assert visitor.errors.count() == 1
            assert "root:" not in visitor.main.inner_text()


def test_pages_fit_a_phone(visit: Visit) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    with visit(**phone) as visitor:
        visitor.go()
        visitor.ask("How deep is Lake Baikal?")
        assert visitor.main.locator(".kb-answer").is_visible()
        assert not visitor.overflows()
        visitor.follow(visitor.note_links().first)
        visitor.wait_until_lit_in_view()
        for page in ("inbox", "faq", "notes", "insight", "index"):
            visitor.go(page)
            assert not visitor.overflows()
        # The side lies over the page, and makes room for what is chosen in it.
        visitor.page.get_by_test_id("stExpandSidebarButton").click()
        side = visitor.page.get_by_test_id("stSidebar")
        side.get_by_role("link", name="Notes").click()
        visitor.page.wait_for_url(re.compile(r"/notes"), timeout=PATIENCE_MS)
        visitor.settle()
        visitor.note_links().first.click(timeout=PATIENCE_MS)
        visitor.page.wait_for_url(re.compile(r"/note\?"), timeout=PATIENCE_MS)


def test_note_is_edited_and_renamed_on_a_phone_in_chinese(visit: Visit, notes: Path) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    (notes / "船.md").write_text("# 船\n\n木船在河上。\n", "utf-8")
    with visit(locale="zh-CN", **phone) as visitor:
        visitor.go("note?note=船.md")
        visitor.page.get_by_role("radio", name="编辑").click()
        box = visitor.main.get_by_role("textbox")
        box.fill("# 船\n\n铁船在海上。\n")
        assert not visitor.overflows()
        visitor.main.get_by_role("button", name="保存").click()
        rendered = visitor.main.locator(".st-key-kb_rendered")
        rendered.get_by_text("铁船在海上。").wait_for(timeout=PATIENCE_MS)
        assert (notes / "船.md").read_text("utf-8") == "# 船\n\n铁船在海上。\n"
        visitor.main.get_by_role("button", name="重命名").click()
        dialog = visitor.page.get_by_role("dialog")
        dialog.get_by_role("textbox").fill("运输/船")
        dialog.get_by_role("button", name="查看会改动什么").click()
        dialog.get_by_role("button", name="确认重命名").click(timeout=PATIENCE_MS)
        visitor.page.wait_for_url(re.compile(r"%2F|运输/"), timeout=PATIENCE_MS)
        assert (notes / "运输" / "船.md").is_file()
    (notes / "运输" / "船.md").unlink()


def test_chinese_pages_say_what_streamlit_says_in_chinese(visit: Visit) -> None:
    said = "e => getComputedStyle(e, '::after').content"
    with visit(locale="zh-CN") as visitor:
        visitor.go("notes")
        visitor.page.get_by_role("tab", name="添加").click()
        upload = visitor.page.get_by_test_id("stFileUploaderDropzone")
        assert upload.locator("button p").evaluate(said) == '"选择文件"'
        told = str(upload.locator("span").last.evaluate(said))
        assert "每个不超过" in told
        assert "50" in told


def test_dark_theme_follows_the_system(visit: Visit) -> None:
    script = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    with visit(color_scheme="dark") as dark, visit() as light:
        dark.go()
        light.go()
        for visitor, is_dark in ((dark, True), (light, False)):
            red = int(str(visitor.page.evaluate(script)).split("(")[1].split(",")[0])
            assert (red < 128) is is_dark


def test_language_follows_the_browser_and_can_be_switched(visit: Visit) -> None:
    with visit(locale="zh-CN") as visitor:
        visitor.go()
        assert visitor.main.get_by_text("向你的笔记提问").first.is_visible()
        visitor.page.get_by_role("radio", name="English").click()
        visitor.main.get_by_text("Ask your notes").first.wait_for(timeout=PATIENCE_MS)
        visitor.page.reload()
        visitor.settle()
        assert visitor.main.get_by_text("Ask your notes").first.is_visible()


def test_enter_that_ends_a_composition_does_not_send(visit: Visit) -> None:
    with visit(locale="zh-CN") as visitor:
        visitor.go()
        box = visitor.page.get_by_test_id("stChatInputTextArea")
        box.fill("长江")
        box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "isComposing": True})
        visitor.page.wait_for_timeout(500)
        assert box.input_value() == "长江"
        assert visitor.questions.count() == 0


def test_other_host_names_are_refused(url: str) -> None:
    import http.client

    host = url.removeprefix("http://")
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    for name, status in (("evil.example", 403), (host, 101)):
        connection = http.client.HTTPConnection(host, timeout=10)
        headers = {**key, "Host": name, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        connection.request("GET", "/_stcore/stream", headers=headers)
        assert connection.getresponse().status == status
        connection.close()
