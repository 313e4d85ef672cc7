from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import ARGUMENTS, CHROMIUM, Visit, visiting
from fake_base import FakeBase

from kb.pages import launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, url: str) -> Visit:
    """Open a window on the pages at the module's own ``url``."""
    return partial(visiting, browser, url)


@pytest.fixture
def base(tmp_path: Path) -> FakeBase:
    return FakeBase(tmp_path)


@pytest.fixture
def open_page(base: FakeBase, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Open a page of the app with a fake base: ``open_page("note", note="a/b.md")``."""
    from streamlit.testing.v1 import AppTest

    from kb.pages import opener
    from kb.pages.indexer import Indexer

    found = opener.Opened(base, Indexer(base))  # type: ignore[arg-type]
    monkeypatch.setattr(opener, "open_base", lambda: found)
    monkeypatch.setenv("KB_NOTES", str(base.history.path.parent.parent))
    opener.settings.clear()

    def opened(page: str = "chat", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(launch.APP), default_timeout=60)
        app.run()
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.switch_page(f"{page}.py").run()

    return opened
