"""Drives Chromium through the pages, as a person would."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Loading, models and all, on a busy machine.
PATIENCE_MS = 90_000
_SETTLED = """() => {
  const app = document.querySelector('[data-testid=stApp]')
  return app?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
}"""


@dataclass
class Visitor:
    """A person with a browser window."""

    page: Page
    url: str
    dialogs: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def go(self, path: str = "") -> None:
        self.page.goto(f"{self.url}/{path}", timeout=PATIENCE_MS)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(_SETTLED, timeout=PATIENCE_MS)

    def ask(self, question: str) -> None:
        before = self.questions.count()
        box = self.page.get_by_test_id("stChatInputTextArea")
        box.fill(question)
        box.press("Enter")
        # The question that is stored last has this name: with its answer it is drawn anew.
        stored = "n => document.querySelectorAll('.kb-question')[n]?.id === 'kb-asked'"
        self.page.wait_for_function(stored, arg=before, timeout=PATIENCE_MS)
        self.settle()

    @property
    def questions(self) -> Locator:
        return self.page.locator(".kb-question")

    @property
    def main(self) -> Locator:
        return self.page.get_by_test_id("stMainBlockContainer")

    @property
    def errors(self) -> Locator:
        return self.main.get_by_role("alert")

    def note_links(self) -> Locator:
        return self.main.locator('a[href*="note?"]')

    def follow(self, link: Locator) -> None:
        link.click()
        self.page.wait_for_url(re.compile(r"/note\?"), timeout=PATIENCE_MS)
        self.settle()

    def lit(self) -> str:
        """The words that are lit in the rendered note, without the marks at their ends."""
        self.page.wait_for_function("() => CSS.highlights.has('kb-cited')", timeout=PATIENCE_MS)
        found = str(self.page.evaluate("String([...CSS.highlights.get('kb-cited')][0])"))
        return found.strip("\u2063\u2064")

    def wait_until_lit_in_view(self) -> None:
        script = """() => {
          const range = [...(CSS.highlights.get('kb-cited') ?? [])][0]
          const box = range?.getBoundingClientRect()
          return Boolean(box) && box.height > 0 && box.top >= 60 && box.bottom <= innerHeight
        }"""
        self.page.wait_for_function(script, timeout=15_000)

    def wait_until_in_view(self, selector: str) -> None:
        script = """selector => {
          const box = document.querySelector(selector)?.getBoundingClientRect()
          return Boolean(box) && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight
        }"""
        self.page.wait_for_function(script, arg=selector, timeout=15_000)

    def overflows(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


Visit = Callable[..., AbstractContextManager[Visitor]]
"""Opens a window on the pages of a test's server; see `visiting`."""


@contextmanager
def visiting(
    browser: Browser, url: str, *, also: tuple[str, ...] = (), **options: Any
) -> Generator[Visitor]:
    """Open a window of its own; fails if something else than the pages was loaded or broke.

    :param also: addresses that may be loaded besides.
    """
    context = browser.new_context(**{"locale": "en-US", **options})
    page = context.new_page()
    visitor = Visitor(page, url)
    page.on("dialog", lambda dialog: (visitor.dialogs.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: visitor.broken.append(str(error)))
    context.on("response", lambda response: visitor.outside.append(response.url))
    context.on("websocket", lambda socket: visitor.outside.append(socket.url))
    try:
        yield visitor
    finally:
        context.close()
    own = (url, url.replace("http", "ws", 1), "data:", "blob:", *also)
    assert not [each for each in visitor.outside if not each.startswith(own)]
    assert not visitor.dialogs
    assert not visitor.broken
