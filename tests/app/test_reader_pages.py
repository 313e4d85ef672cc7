"""What somebody who may only read is offered: nothing that writes, on any page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kb.access.person import LOCAL, Person
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from kb.pages import opener
from tests.kb.fake_encoder import FakeEncoder

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
READER = Person("reader", "session 1", "Rea")
# What an editor has on each page.
WRITING = {
    "notes": {"Save the note", "Add the files", "Index now", "tab Trash"},
    "faq": {"Edit"},
    "inbox": {"Dismiss"},
    "status": {"Index now", "Make the index anew"},
    "note": {"Rename", "Delete"},
}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """Open a real base, without models, in the place of the fake one."""
    (tmp_path / "a.md").write_text("# A\n\n## Who winds it?\n\nThe master.\n", "utf-8")
    (tmp_path / "b.md").write_text("# B\n\n## Who winds it?\n\nNobody.\n", "utf-8")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    base.history.add_turn("a", "Somebody's question?", {"answer": None})
    (tmp_path / "a.md").write_text("# A\n\n## Who winds it?\n\nThe new master.\n", "utf-8")
    yield base
    base.close()


def offered(app: AppTest) -> set[str]:
    """Return the labels of buttons, and of what takes texts and files."""
    fields: list[Any] = [*app.button, *app.text_area, *app.get("file_uploader")]
    return {str(each.label) for each in fields} | {f"tab {each.label}" for each in app.tabs}


@pytest.mark.parametrize("page", sorted(WRITING))
def test_reader_is_offered_nothing_that_writes(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    given = {"note": "a.md"} if page == "note" else {}
    seen: dict[str, set[str]] = {}
    errors: dict[str, int] = {}
    for person in (LOCAL, READER):
        monkeypatch.setattr(opener, "person_here", lambda _settings, who=person: who)
        app = open_page(page, **given)
        assert not app.exception
        seen[person.role], errors[person.role] = offered(app), len(app.error)
    assert seen["editor"] >= WRITING[page]
    assert seen["reader"] <= {"Log out"}
    # The inbox, which a reader comes to by its address only, says why it is not shown.
    assert errors == {"editor": 0, "reader": int(page == "inbox")}
