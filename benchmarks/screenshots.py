"""Pictures of the pages for docs/screenshots: ``python -m benchmarks.screenshots [NAME ...]``.

Serves a copy of the starter notes and visits the pages as a person would; a name takes only the
shots that begin with it. To show another page, add a line to ``SHOTS``.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from kb.access.passwords import Passwords
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from tests.app.browsing import ARGUMENTS, CHROMIUM, Visitor, visiting
from tests.app.serving import serving

ROOT = Path(__file__).parents[1]
SHOWN = ROOT / "docs" / "screenshots"
COLOURS = 128
DARK: dict[str, Any] = {"color_scheme": "dark"}
CHINESE: dict[str, Any] = {"locale": "zh-CN"}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}


@dataclass(frozen=True)
class Shot:
    """A picture: what is opened, what is done there, and in which window.

    :param shared: whether the notes ask for a password.
    """

    name: str
    act: Callable[[Visitor], None]
    window: dict[str, Any] = field(default_factory=dict[str, Any])
    shared: bool = False


def login(visitor: Visitor) -> None:
    """Open what a stranger sees of shared notes, after one wrong guess."""
    visitor.page.goto(visitor.url)
    visitor.page.locator("#password").fill("a wrong guess")
    visitor.page.get_by_role("button").click()


def opened(path: str) -> Callable[[Visitor], None]:
    """Return what opens a page."""
    return lambda visitor: visitor.go(path)


def asked(*questions: str) -> Callable[[Visitor], None]:
    """Return what asks questions in a new chat."""

    def act(visitor: Visitor) -> None:
        visitor.go()
        for question in questions:
            visitor.ask(question)

    return act


def cited(question: str) -> Callable[[Visitor], None]:
    """Return what asks a question and opens the place that answers it."""

    def act(visitor: Visitor) -> None:
        asked(question)(visitor)
        visitor.follow(visitor.note_links().first)
        visitor.wait_until_lit_in_view()

    return act


NOTE = "note?note=en/memory/working-memory.md"


def editing(visitor: Visitor) -> None:
    """Open a note and edit it."""
    visitor.go(NOTE)
    visitor.page.get_by_role("radio", name="Edit").click()
    visitor.main.get_by_role("textbox").wait_for()


UNANSWERED = ("Who won the chess tournament of 1927?", "How tall is the Eiffel Tower?")


def waiting(visitor: Visitor) -> None:
    """Ask in vain and open the inbox."""
    asked(*UNANSWERED)(visitor)
    visitor.go("inbox")


def charted(part: int = 0) -> Callable[[Visitor], None]:
    """Return what asks a question and opens a picture of the notes."""

    def act(visitor: Visitor) -> None:
        asked("Who introduced the LSTM?")(visitor)
        visitor.go("insight")
        visitor.main.get_by_test_id("stButtonGroup").first.locator("button").nth(part).click()
        visitor.main.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first.wait_for()

    return act


SHOTS = (
    Shot("faq", opened("faq")),
    Shot("faq-chinese", opened("faq"), CHINESE),
    Shot("inbox", waiting),
    Shot("insight-map", charted()),
    Shot("insight-map-dark", charted(), DARK),
    Shot("insight-notes", charted(1)),
    Shot("insight-notes-chinese", charted(1), CHINESE),
    Shot("insight-questions", charted(2)),
    Shot("notes", opened("notes")),
    Shot("notes-dark", opened("notes"), DARK),
    Shot("notes-phone", opened("notes"), PHONE),
    Shot("note-read", opened(NOTE)),
    Shot("note-edit", editing),
    Shot("ask", asked("Who introduced the LSTM?")),
    Shot("ask-dark", asked("Who introduced the LSTM?"), DARK),
    Shot("ask-phone", asked("Who introduced the LSTM?"), PHONE),
    Shot("ask-chinese", asked("长短期记忆网络是谁提出的？"), CHINESE),
    Shot("ask-no-answer", asked("Who won the chess tournament of 1927?")),
    Shot("ask-empty", opened("")),
    Shot("note-cited", cited("Who introduced the LSTM?")),
    Shot("login", login, shared=True),
    Shot("login-chinese", login, {**CHINESE, **PHONE}, shared=True),
)


def take(visitor: Visitor, shot: Shot, folder: Path) -> Path:
    """Act, and keep the picture with few colours, which makes it small."""
    shot.act(visitor)
    visitor.page.wait_for_timeout(1500)
    picture = Image.open(BytesIO(visitor.page.screenshot()))
    path = folder / f"{shot.name}.png"
    picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    return path


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of the names of the shots to take")
    parser.add_argument("--into", type=Path, default=SHOWN, help="folder of the pictures")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    wanted = [shot for shot in SHOTS if shot.name.startswith(tuple(options.names) or "")]
    with tempfile.TemporaryDirectory() as scratch:
        notes = Path(scratch) / "notes"
        shutil.copytree(ROOT / "kb" / "starter", notes)
        base = KnowledgeBase.open(Settings.load(notes))
        base.index()
        base.close()
        log = Path(scratch) / "server.log"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for shared in (False, True):
                shots = [shot for shot in wanted if shot.shared is shared]
                if shared and shots:
                    Passwords(notes / ".kb").set("editor", secrets.token_urlsafe())
                if shots:
                    with serving(Settings.load(notes, port=0), log) as url:
                        take_all(browser, url, shots, options.into)
            browser.close()


def take_all(browser: Browser, url: str, shots: list[Shot], folder: Path) -> None:
    """Take pictures, each in a window of its own."""
    for shot in shots:
        window = {"viewport": {"width": 1280, "height": 860}, **shot.window}
        with visiting(browser, url, **window) as visitor:
            path = take(visitor, shot, folder)
            print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
