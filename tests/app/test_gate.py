from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kb.access import passwords, sessions
from kb.access.passwords import Passwords
from kb.access.private import session_key
from kb.config import Settings
from kb.pages.entrance import entrance_of
from kb.pages.gate import Gate

HOST = "127.0.0.1:8501"


async def behind(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the page"})


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(passwords, "COST", 16)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    session_key.cache_clear()
    Passwords(tmp_path / ".kb").set("reader", "only for reading it")
    yield Settings.load(tmp_path, public_url="https://notes.example.org")
    session_key.cache_clear()


def got(settings: Settings, path: str = "/notes", **headers: str) -> tuple[int, str]:
    """Return what a request is answered: the status, and the cookie that is set."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": HOST, "accept": "text/html", **headers}
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    gate = Gate(behind, entrance_of(settings), settings)
    asyncio.run(gate(scope, None, send))  # type: ignore[arg-type]
    found = dict(sent[0]["headers"])
    return sent[0]["status"], found.get(b"set-cookie", b"").decode()


def test_gate_renews_a_session_in_use_when_it_is_old(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrance = entrance_of(settings)
    value = entrance.sessions.begin("reader")
    cookie = f"{entrance.sessions.cookie}={value}"
    assert got(settings, cookie=cookie) == (200, "")
    monkeypatch.setattr(sessions, "RENEWED_AFTER", timedelta(seconds=-1))
    status, renewed = got(settings, cookie=cookie)
    assert status == 200
    assert "Secure" in renewed
    before, after = entrance.sessions.read(value), entrance.sessions.read(_value(renewed))
    assert before is not None
    assert after is not None
    assert (before.name, before.role) == (after.name, after.role)
    assert got(settings, "/static/x.js", cookie=cookie, accept="*/*") == (200, "")


def test_gate_knows_its_public_name_and_sends_strangers_to_the_form(settings: Settings) -> None:
    assert got(settings, host="notes.example.org")[0] == 303
    assert got(settings, host="notes.example.org", accept="*/*")[0] == 401
    assert got(settings, "/login", host="notes.example.org")[0] == 200
    assert got(settings, "/login", host="evil.example")[0] == 403
    assert got(settings, "/login", origin="https://notes.example.org")[0] == 200
    assert got(settings, "/login", origin="https://evil.example")[0] == 403


def _value(header: str) -> str:
    return header.partition("=")[2].partition(";")[0]
