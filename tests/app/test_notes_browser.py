"""The journeys of the notes page in a real browser, on a server that watches its folder."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import NEEDS_BROWSER, PATIENCE_MS, Visitor, visiting
from serving import indexed, serving

from kb.config import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = NEEDS_BROWSER
NOTES = {
    "edit.md": "# To be edited\n\nThe heron stands in the reeds.\n",
    "old.md": "# A note with a name\n\nThe kingfisher dives for small fish.\n",
    "links.md": "# Links\n\nSee [[old]] and [it](old.md#top).\n",
    "gone.md": "# To be deleted\n\nThe grebe carries its young on its back.\n",
    "live.md": "# Changed elsewhere\n\nThe coot builds a floating nest.\n",
}


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return indexed(tmp_path_factory.mktemp("journeys") / "notes", NOTES)


@pytest.fixture(scope="module")
def url(notes: Path) -> Iterator[str]:
    with serving(Settings.load(notes, port=0), notes.parent / "server.log") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, url: str) -> Iterator[Visitor]:
    with visiting(browser, url) as found:
        found.page.set_default_timeout(PATIENCE_MS)
        yield found


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()
    visitor.settle()


def edit(visitor: Visitor, path: str) -> None:
    visitor.go(f"note?note={path}")
    visitor.page.get_by_role("radio", name="Edit").click()
    visitor.main.get_by_role("textbox").wait_for()


def write(visitor: Visitor, text: str) -> None:
    box = visitor.main.get_by_role("textbox")
    box.fill(text)
    box.blur()
    visitor.settle()


def test_uploaded_notes_are_indexed_and_answer(visitor: Visitor, notes: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(
            "湖/tanganyika.md", "# Tanganyika\n\nLake Tanganyika is 1470 metres deep.\n"
        )
        archive.writestr("p.png", b"\x89PNG")
    visitor.go("notes")
    visitor.page.get_by_role("tab", name="Add").click()
    file = {"name": "lakes.zip", "mimeType": "application/zip", "buffer": data.getvalue()}
    visitor.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    visitor.main.get_by_text("lakes.zip").wait_for()
    press(visitor, "Add the files")
    visitor.main.get_by_text("Left out").wait_for()
    assert (notes / "湖" / "tanganyika.md").is_file()
    visitor.main.get_by_text("Added 1").wait_for()
    visitor.go()
    visitor.ask("How deep is Lake Tanganyika?")
    assert "1470 metres" in visitor.main.locator(".kb-answer").inner_text()


def test_edit_shows_both_versions_when_another_program_was_first(
    visitor: Visitor, notes: Path
) -> None:
    note = notes / "edit.md"
    edit(visitor, "edit.md")
    write(visitor, f"{NOTES['edit.md']}\nMine.\n")
    note.write_text(f"{NOTES['edit.md']}\nTheirs.\n", encoding="utf-8")
    press(visitor, "Save")
    conflict = visitor.main.locator(".st-key-kb_conflict")
    conflict.wait_for()
    assert re.search(r"-\s*Theirs\.", conflict.inner_text())
    assert re.search(r"\+\s*Mine\.", conflict.inner_text())
    assert note.read_text(encoding="utf-8").endswith("Theirs.\n")
    assert visitor.main.get_by_role("textbox").input_value().endswith("Mine.\n")
    press(visitor, "Keep mine")
    visitor.main.get_by_text("Mine.", exact=True).wait_for()
    assert note.read_text(encoding="utf-8").endswith("Mine.\n")


def test_rename_shows_and_rewrites_the_links(visitor: Visitor, notes: Path) -> None:
    visitor.go("note?note=old.md")
    press(visitor, "Rename")
    visitor.page.get_by_role("textbox", name="New path").fill("birds/kingfisher")
    press(visitor, "Show what changes")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_text("links.md:3").first.wait_for()
    assert (notes / "old.md").exists()
    press(visitor, "Rename it")
    visitor.page.wait_for_url(re.compile("kingfisher"))
    assert not (notes / "old.md").exists()
    text = (notes / "links.md").read_text(encoding="utf-8")
    assert text == "# Links\n\nSee [[kingfisher]] and [it](birds/kingfisher.md#top).\n"


def test_deleted_note_is_put_back(visitor: Visitor, notes: Path) -> None:
    visitor.go("note?note=gone.md")
    press(visitor, "Delete")
    press(visitor, "Move to the trash")
    visitor.page.wait_for_url(re.compile("/notes"))
    assert not (notes / "gone.md").exists()
    visitor.page.get_by_role("tab", name="Trash").click()
    press(visitor, "Put back")
    visitor.page.wait_for_url(re.compile(r"gone\.md"))
    visitor.main.get_by_text("The grebe carries").first.wait_for()
    assert (notes / "gone.md").read_text(encoding="utf-8") == NOTES["gone.md"]


def test_change_of_another_program_appears_by_itself(visitor: Visitor, notes: Path) -> None:
    visitor.go("note?note=live.md")
    visitor.main.get_by_text("The coot builds").first.wait_for()
    temporary = notes / ".live.md.swp"
    temporary.write_text("# Changed elsewhere\n\nThe swan hisses at strangers.\n")
    temporary.replace(notes / "live.md")
    visitor.main.get_by_text("The swan hisses").first.wait_for()
