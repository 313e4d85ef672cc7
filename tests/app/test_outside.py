"""What `kb serve` says to the outside world: nothing."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import CHROMIUM, visiting
from serving import indexed, serving

from kb.access.passwords import Passwords
from kb.config import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PASSWORD = "correct horse battery"
# Loaded by Python before anything else: writes down whom the process calls or looks up.
WATCH = """
import os, sys
_out = open(os.environ["KB_TEST_CALLS"], "a", buffering=1)
def _watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.bind"):
        address = args[1] if event == "socket.bind" else args[0]
    else:
        return
    host = address[0] if isinstance(address, tuple) else address
    _out.write(f"{event} {host!r}\\n")
sys.addaudithook(_watch)
"""
HERE = {"'127.0.0.1'", "'::1'", "'localhost'", "'0.0.0.0'", "None", "''", "b'127.0.0.1'"}


@dataclass
class Watched:
    url: str
    calls: Path

    def outside(self) -> list[str]:
        lines = self.calls.read_text().splitlines()
        assert any(line.startswith("socket.bind") for line in lines), "nothing was watched"
        return [line for line in lines if line.split(maxsplit=1)[1] not in HERE]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Pages that are open to others, which is when Streamlit would like to know its address."""
    folder = tmp_path_factory.mktemp("watched")
    notes, calls = folder / "notes", folder / "calls"
    indexed(notes, {"harbour.md": "# Harbour\n\nThe harbour code is 4711.\n"})
    settings = Settings.load(notes, host="0.0.0.0", port=0)
    Passwords(settings.data_folder).set("editor", PASSWORD)
    (folder / "hook").mkdir()
    (folder / "hook" / "sitecustomize.py").write_text(WATCH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder / "hook"))
        patch.setenv("KB_TEST_CALLS", str(calls))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with serving(settings, folder / "server.log") as url:
            yield Watched(url, calls)


def test_server_calls_nobody_when_it_starts(watched: Watched) -> None:
    assert watched.outside() == []


def test_server_calls_nobody_to_learn_whether_a_site_is_its_own(watched: Watched) -> None:
    for origin in ("https://evil.example", "http://192.0.2.1:8501", "null"):
        for path in ("/", "/login", "/_stcore/health", "/_stcore/stream", "/_stcore/host-config"):
            connection = http.client.HTTPConnection(watched.url.removeprefix("http://"), timeout=30)
            connection.request("GET", path, headers={"Origin": origin})
            assert connection.getresponse().status == 403
            connection.close()
    assert watched.outside() == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_server_calls_nobody_when_pages_are_used(watched: Watched, browser: Browser) -> None:
    with visiting(browser, watched.url) as visitor:
        visitor.page.goto(watched.url)
        visitor.page.get_by_label("Password").fill(PASSWORD)
        visitor.page.get_by_role("button", name="Log in").click()
        visitor.settle()
        visitor.ask("What is the harbour code?")
        assert "4711" in visitor.main.locator(".kb-answer").inner_text()
        for page in ("notes", "note?note=harbour.md", "index", "inbox"):
            visitor.go(page)
    assert watched.outside() == []
