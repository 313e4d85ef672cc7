"""Login with an OpenID Connect provider, which runs beside the pages as a process of its own."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import NEEDS_BROWSER, PATIENCE_MS, Visit, Visitor, visiting
from serving import indexed, serving

from kb.config import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = NEEDS_BROWSER


def user(name: str, *, verified: bool = True) -> dict[str, Any]:
    address = f"{name.lower()}@example.org"
    return {"sub": name, "name": name, "email": address, "email_verified": verified}


USERS = [user("Ann"), user("Bob"), user("Cy"), user("Eve", verified=False) | {"sub": "Eve"}]
USERS[3]["email"] = "ann@example.org"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    users = [part for each in USERS for part in ("--user-claims", json.dumps(each))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users]
    address = f"http://127.0.0.1:{port}"
    with (tmp_path_factory.mktemp("provider") / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"{address}/.well-known/openid-configuration"):
                    break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    notes = {"harbour.md": "# Harbour\n\nThe harbour code is 4711.\n"}
    return indexed(tmp_path_factory.mktemp("shared") / "notes", notes)


@pytest.fixture(scope="module")
def url(notes: Path, provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings.load(
        notes,
        port=0,
        oidc_metadata_url=f"{provider}/.well-known/openid-configuration",
        oidc_client_id="notes",
        oidc_client_secret="the secret of the client",
        editors="ann@example.org",
        readers="bob@example.org",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("NO_PROXY", "127.0.0.1")
        log = tmp_path_factory.mktemp("log") / "server.log"
        with serving(settings, log) as address:
            yield address
        assert "the secret of the client" not in log.read_text()
    kept = [path.read_bytes() for path in notes.rglob("*") if path.is_file()]
    assert not [data for data in kept if b"the secret of the client" in data]


@pytest.fixture
def visit(browser: Browser, url: str, provider: str) -> Visit:
    return partial(visiting, browser, url, also=(provider,))


def log_in(visitor: Visitor, name: str) -> None:
    # The provider's own pages are dressed up from elsewhere.
    visitor.page.context.route(re.compile("cdn.jsdelivr.net"), lambda route: route.abort())
    visitor.go()
    assert visitor.page.get_by_test_id("stChatInput").count() == 0
    visitor.page.get_by_role("button", name="Log in").click()
    visitor.page.get_by_role("button", name=name, exact=True).click()
    visitor.page.wait_for_url(f"{visitor.url}/", timeout=PATIENCE_MS)
    visitor.page.get_by_text("Log out").first.wait_for(timeout=PATIENCE_MS)
    visitor.settle()


def test_editor_of_the_list_writes_and_logs_out(visit: Visit, notes: Path) -> None:
    with visit() as visitor:
        log_in(visitor, "Ann")
        visitor.ask("What is the harbour code?")
        assert "4711" in visitor.main.locator(".kb-answer").inner_text()
        visitor.go("notes")
        visitor.page.get_by_role("tab", name="Add").click()
        visitor.page.get_by_label("Name", exact=True).fill("quay")
        visitor.page.get_by_label("Text, in Markdown").fill("# Quay\n\nThe quay is long.")
        visitor.page.get_by_role("button", name="Save the note").click()
        visitor.page.get_by_text("Added 1").wait_for(timeout=PATIENCE_MS)
        side = visitor.page.get_by_test_id("stSidebar")
        assert side.get_by_text("Ann · editor").is_visible()
        side.get_by_role("button", name="Log out").click()
        visitor.page.get_by_role("button", name="End session").click()
        visitor.page.get_by_role("button", name="Log in").wait_for(timeout=PATIENCE_MS)
    assert (notes / "quay.md").read_text() == "# Quay\n\nThe quay is long."


def test_reader_of_the_list_reads_and_sees_no_chat_of_another(visit: Visit) -> None:
    with visit() as visitor:
        log_in(visitor, "Bob")
        side = visitor.page.get_by_test_id("stSidebar")
        assert side.get_by_text("harbour").count() == 0
        visitor.ask("What is the harbour code?")
        visitor.go("notes")
        assert visitor.main.get_by_role("button", name="Save the note").count() == 0
        visitor.go("inbox")
        assert "ask whoever shares them" in visitor.errors.first.inner_text()


@pytest.mark.parametrize("name", ["Cy", "Eve"], ids=["not-listed", "address-not-verified"])
def test_others_who_can_log_in_are_shown_nothing(visit: Visit, name: str) -> None:
    with visit() as visitor:
        log_in(visitor, name)
        assert visitor.page.get_by_text("not shared with you").is_visible()
        assert visitor.page.get_by_test_id("stChatInput").count() == 0
        visitor.go("note?note=harbour.md")
        assert "4711" not in visitor.page.content()


def test_stranger_uploads_nothing_and_cannot_pass_for_another(visit: Visit, url: str) -> None:
    def status(path: str, method: str = "GET", **headers: str) -> int:
        request = urllib.request.Request(f"{url}{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    assert status("/_stcore/upload_file/a/b", "PUT") == 401
    assert status("/media/a.md") == 401
    assert status("/media/a.md", Cookie="_streamlit_user=forged") == 401
    forged = {"name": "_streamlit_user", "value": '{"sub":"Ann","is_logged_in":true}', "url": url}
    with visit() as visitor:
        visitor.page.context.add_cookies([forged])  # type: ignore[list-item]
        visitor.go("note?note=harbour.md")
        assert visitor.page.get_by_role("button", name="Log in").is_visible()
        assert "4711" not in visitor.page.content()
