"""A shared password, as strangers, readers and editors meet it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from browsing import NEEDS_BROWSER, PATIENCE_MS, Visit, Visitor
from serving import indexed, serving

from kb.access.attempts import PER_ADDRESS
from kb.access.passwords import Passwords
from kb.config import Settings

if TYPE_CHECKING:
    pass

pytestmark = NEEDS_BROWSER
EDITOR, READER = "correct horse battery", "only for reading it"
SECRET = "The harbour code is 4711."


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    notes = {"harbour.md": f"# Harbour\n\n{SECRET}\n"}
    folder = indexed(tmp_path_factory.mktemp("shared") / "notes", notes)
    passwords = Passwords(Settings.load(folder).data_folder)
    passwords.set("editor", EDITOR)
    passwords.set("reader", READER)
    return folder


@pytest.fixture(scope="module")
def url(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("log") / "server.log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with serving(Settings.load(notes, host="0.0.0.0", port=0), log) as address:
            yield address


def answer(url: str, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body or None, given)
    response = connection.getresponse()
    found = response.status, f"{response.headers}\n{response.read().decode('utf-8', 'replace')}"
    connection.close()
    return found


def log_in(visitor: Visitor, password: str, path: str = "") -> None:
    visitor.page.goto(f"{visitor.url}/{path}")
    visitor.page.get_by_label("Password").fill(password)
    visitor.page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/notes"),
        ("GET", "//login"),
        ("GET", "/login/../index.html"),
        ("GET", "/index.html"),
        ("GET", "/_stcore/host-config"),
        ("GET", "/media/0123456789abcdef.md"),
        ("PUT", "/_stcore/upload_file/x/y"),
        ("POST", "/_stcore/agent/interact"),
        ("GET", "/logout"),
    ],
)
def test_stranger_is_served_nothing(url: str, method: str, path: str) -> None:
    status, text = answer(url, method, path)
    assert status == 401, text
    assert text.endswith("Log in first.")


def test_stranger_is_connected_to_no_page(url: str) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert answer(url, "GET", "/_stcore/stream", **upgrade)[0] == 403
    assert answer(url, "GET", "/_stcore/health")[0] == 200


@pytest.mark.parametrize("cookie", ["kb_session_00000000=x", "a=b; c", "\x80=1", "=;;"])
def test_strange_cookies_open_nothing(url: str, cookie: str) -> None:
    assert answer(url, "GET", "/", Cookie=cookie)[0] == 401


def test_login_leads_back_to_where_one_wanted_to_go(visit: Visit) -> None:
    with visit() as visitor:
        log_in(visitor, "wrong password", "notes?lang=en")
        assert visitor.page.get_by_role("alert").inner_text() == "This is not the password."
        log_in(visitor, READER, "notes?lang=en")
        visitor.page.wait_for_url(f"{visitor.url}/notes?lang=en")
        visitor.settle()
        assert visitor.main.get_by_role("link", name="Harbour").is_visible()


@pytest.mark.parametrize("after", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_login_leads_to_no_other_site(url: str, after: str) -> None:
    form = urlencode({"password": READER, "next": after})
    headers = {"Content_Type": "application/x-www-form-urlencoded"}
    status, text = answer(url, "POST", "/login", form, **headers)
    assert status == 303
    assert "location: /\n" in text


def test_cookie_is_kept_from_scripts_and_other_sites(url: str) -> None:
    _, text = answer(url, "POST", "/login", urlencode({"password": READER}))
    (cookie,) = (line for line in text.splitlines() if line.startswith("set-cookie"))
    for rule in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"):
        assert rule in cookie
    assert READER not in text


def test_another_site_cannot_log_one_in_or_out(url: str) -> None:
    form = urlencode({"password": READER})
    assert answer(url, "POST", "/login", form, Origin="https://evil.example")[0] == 403
    assert answer(url, "POST", "/login", form, Origin="null")[0] == 403
    _, text = answer(url, "POST", "/login", form)
    (cookie,) = (line.split()[1] for line in text.splitlines() if line.startswith("set-cookie"))
    answer(url, "GET", "/logout", Cookie=cookie, Sec_Fetch_Site="cross-site")
    assert answer(url, "GET", "/index.html", Cookie=cookie)[0] == 200
    answer(url, "GET", "/logout", Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert answer(url, "GET", "/index.html", Cookie=cookie)[0] == 401


def test_guessing_is_slowed_down_for_the_one_who_guesses(url: str) -> None:
    wrong, right = urlencode({"password": "a guess"}), urlencode({"password": READER})
    for _ in range(PER_ADDRESS):
        assert answer(url, "POST", "/login", wrong, X_Forwarded_For="192.0.2.9")[0] == 401
    status, text = answer(url, "POST", "/login", right, X_Forwarded_For="192.0.2.9")
    assert status == 429
    assert "Try again in 15 min." in text
    assert "retry-after: " in text
    assert answer(url, "POST", "/login", right)[0] == 303


@pytest.mark.parametrize("body", ["", "password", "password=%ff", "x" * 20_000, "=&=&;"])
def test_strange_forms_are_no_password(url: str, body: str) -> None:
    assert answer(url, "POST", "/login", body, X_Forwarded_For="192.0.2.77")[0] == 401


def test_reader_reads_and_is_offered_nothing_to_change(visit: Visit) -> None:
    with visit() as visitor:
        log_in(visitor, READER)
        visitor.settle()
        assert visitor.page.get_by_role("link", name="Notes").first.is_visible()
        assert visitor.page.get_by_role("link", name="Inbox").count() == 0
        visitor.ask("What is the harbour code?")
        assert "4711" in visitor.main.locator(".kb-answer").inner_text()
        visitor.ask("Who won the chess tournament of 1927?")
        assert visitor.main.get_by_role("link", name="Kept in the inbox").count() == 0
        for path, button in (("notes", "Save the note"), ("index", "Index now")):
            visitor.go(path)
            assert visitor.main.get_by_role("button", name=button).count() == 0
        # Who knows the address is refused too, and sees nothing of what others asked.
        visitor.go("inbox")
        assert "ask whoever shares them" in visitor.errors.first.inner_text()
        assert "chess" not in visitor.main.inner_text()
        assert visitor.page.get_by_test_id("stSidebar").get_by_text("reader").is_visible()


def test_editor_writes(visit: Visit, notes: Path) -> None:
    with visit() as visitor:
        log_in(visitor, EDITOR, "notes")
        visitor.settle()
        visitor.page.get_by_role("tab", name="Add").click()
        visitor.page.get_by_label("Name", exact=True).fill("quay")
        visitor.page.get_by_label("Text, in Markdown").fill("# Quay\n\nThe quay is long.")
        visitor.page.get_by_role("button", name="Save the note").click()
        visitor.page.get_by_text("Added 1").wait_for(timeout=PATIENCE_MS)
        visitor.go("inbox")
        assert visitor.errors.count() == 0
    assert (notes / "quay.md").read_text() == "# Quay\n\nThe quay is long."


def test_chats_are_kept_from_others_with_the_same_password(visit: Visit) -> None:
    question = "What is the code of the harbour?"
    with visit() as mine, visit() as theirs:
        log_in(mine, READER)
        mine.settle()
        mine.ask(question)
        log_in(theirs, READER)
        theirs.settle()
        side = theirs.page.get_by_test_id("stSidebar")
        assert side.get_by_text(question).count() == 0
        # The address of a chat is no key to it.
        theirs.go(mine.page.url.removeprefix(f"{mine.url}/"))
        assert theirs.questions.count() == 0
        mine.page.reload()
        mine.settle()
        assert mine.questions.all_inner_texts() == [question]


def test_logging_out_ends_every_window(visit: Visit) -> None:
    with visit() as visitor:
        log_in(visitor, READER)
        visitor.settle()
        other = Visitor(visitor.page.context.new_page(), visitor.url)
        other.go("notes")
        visitor.page.get_by_role("link", name="Log out").click()
        visitor.page.wait_for_url(f"{visitor.url}/login")
        other.page.get_by_label("Find").fill("harbour")
        other.page.get_by_label("Find").press("Enter")
        other.page.get_by_text("You are logged out").wait_for(timeout=PATIENCE_MS)
        assert other.main.get_by_role("link", name="Harbour").count() == 0
        other.page.goto(f"{visitor.url}/notes")
        assert other.page.get_by_label("Password").is_visible()
