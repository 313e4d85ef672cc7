"""A question is stopped while its passages are read, in a real browser."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import CHROMIUM, PATIENCE_MS, Visitor, visiting
from serving import serving

from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.storage.history import History

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]
QUESTION = "How deep is Lake 3?"
_WORDS = ("depth", "water", "metre", "fish", "boat", "river", "stone", "cloud", "wind", "reed")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make notes that take seconds to read: every passage is read, by one thread."""
    notes = tmp_path_factory.mktemp("stopping")
    draw = random.Random(7)
    for number in range(12):
        parts = [
            f"## Part {part}\n\nLake {number} is {100 * number + part} metres deep. "
            + " ".join(draw.choice(_WORDS) for _ in range(260))
            for part in range(1, 9)
        ]
        text = f"# Lake {number}\n\n" + ".\n\n".join(parts) + ".\n"
        (notes / f"lake-{number}.md").write_text(text, "utf-8")
    settings = Settings.load(notes, port=0, passage_tokens=400, read=100, retrieve=100, threads=1)
    base = KnowledgeBase.open(settings)
    base.index()
    base.close()
    return settings


@pytest.fixture
def visitor(browser: Browser, settings: Settings, tmp_path: Path) -> Iterator[Visitor]:
    with serving(settings, tmp_path / "log") as url, visiting(browser, url) as found:
        found.page.set_default_timeout(PATIENCE_MS)
        yield found


def send(visitor: Visitor, question: str) -> None:
    box = visitor.page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def stop(visitor: Visitor) -> None:
    """Press the button once the question is seen: before, the server may not have heard of it."""
    visitor.questions.get_by_text(QUESTION).wait_for()
    visitor.page.get_by_test_id("stChatInputStopButton").click()


def turns(settings: Settings) -> list[str]:
    history = History(settings.data_folder)
    return [turn.question for chat in history.chats() for turn in history.turns(chat.id)]


def test_stopped_question_leaves_nothing_and_can_be_asked_again(
    visitor: Visitor, settings: Settings
) -> None:
    visitor.go()
    send(visitor, QUESTION)
    stop(visitor)
    visitor.main.get_by_text("Stopped; nothing was kept of it.").wait_for()
    assert turns(settings) == []
    assert "chat=" not in visitor.page.url
    # The page goes on, while the run that was stopped may be reading still.
    visitor.main.get_by_role("button", name="Ask again").click()
    visitor.main.locator(".kb-answer, a[href*='note?']").first.wait_for()
    visitor.settle()
    assert visitor.questions.all_inner_texts() == [QUESTION]
    assert turns(settings) == [QUESTION]
