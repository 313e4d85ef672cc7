from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from kb.access import private
from kb.access.passwords import Passwords
from kb.access.private import session_key
from kb.access.sessions import Sessions


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    session_key.cache_clear()
    return tmp_path / "state" / "notes-kb"


@pytest.fixture
def passwords(tmp_path: Path) -> Passwords:
    found = Passwords(tmp_path / ".kb")
    found.set("editor", "correct horse")
    return found


@pytest.fixture
def sessions(tmp_path: Path, passwords: Passwords) -> Sessions:
    return Sessions(tmp_path, passwords, 30)


def test_session_is_read_from_its_cookie(sessions: Sessions, tmp_path: Path) -> None:
    cookie = sessions.begin("editor")
    session = sessions.read(cookie)
    assert session is not None
    assert session.person.may_write
    assert sessions.read(sessions.begin("editor", session.name)) is not None
    other = sessions.read(sessions.begin("editor"))
    assert other is not None
    assert other.person.owner != session.person.owner
    again = Sessions(tmp_path, Passwords(tmp_path / ".kb"), 30).read(cookie)
    assert again == session


def test_cookie_tells_nothing_of_the_password(sessions: Sessions, passwords: Passwords) -> None:
    cookie = sessions.begin("editor")
    content = base64.urlsafe_b64decode(cookie.partition(".")[0] + "==").decode()
    assert passwords.mark("editor")[:12] not in content


@pytest.mark.parametrize("cookie", [None, "", "x", "a.b.c", "é", "W10.x.y"])
def test_what_is_not_ours_is_nobodys(sessions: Sessions, cookie: str | None) -> None:
    assert sessions.read(cookie) is None


def test_cookie_that_was_changed_is_nobodys(sessions: Sessions, passwords: Passwords) -> None:
    passwords.set("reader", "battery staple")
    mine, theirs = sessions.begin("reader"), sessions.begin("editor")
    forged = ".".join([theirs.split(".")[0], *mine.split(".")[1:]])
    assert sessions.read(mine) is not None
    assert sessions.read(forged) is None


def test_new_password_ends_the_sessions_of_the_old_one(
    sessions: Sessions, passwords: Passwords
) -> None:
    cookie = sessions.begin("editor")
    passwords.set("reader", "battery staple")
    assert sessions.read(cookie) is not None
    passwords.set("editor", "another horse")
    assert sessions.read(cookie) is None
    passwords.remove("editor")
    assert sessions.read(cookie) is None
    assert sessions.read(sessions.begin("editor")) is None


def test_session_ends_when_one_logs_out_and_when_it_is_old(
    sessions: Sessions, passwords: Passwords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = sessions.begin("editor")
    session = sessions.read(cookie)
    assert session is not None
    assert not sessions.is_old(session)
    sessions.end(session)
    assert sessions.read(cookie) is None
    cookie = sessions.begin("editor")
    import itsdangerous.timed

    now = itsdangerous.timed.time.time()
    later = now + timedelta(days=2).total_seconds()
    monkeypatch.setattr(itsdangerous.timed.time, "time", lambda: later)
    assert Sessions(tmp_path, passwords, 30).read(cookie) is not None
    assert Sessions(tmp_path, passwords, 1).read(cookie) is None


def test_bases_have_sessions_of_their_own(sessions: Sessions, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    passwords = Passwords(tmp_path / ".kb")
    other = Sessions(tmp_path / "other", passwords, 30)
    assert other.cookie != sessions.cookie
    assert other.read(sessions.begin("editor")) is None


def test_key_is_kept_outside_of_the_notes_for_its_owner_alone(
    sessions: Sessions, state: Path, tmp_path: Path
) -> None:
    assert not state.exists(), "a base without logins needs no key"
    sessions.begin("editor")
    (key,) = state.iterdir()
    assert key.stat().st_mode & 0o777 == 0o600
    assert not [path for path in (tmp_path / ".kb").rglob("*") if "key" in path.name]
    session_key.cache_clear()
    before = session_key(tmp_path)
    key.write_text("damaged")
    session_key.cache_clear()
    assert session_key(tmp_path) != before


def test_key_that_cannot_be_kept_lasts_as_long_as_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(private, "_state_folder", lambda: tmp_path / "file" / "below")
    session_key.cache_clear()
    assert session_key(tmp_path) == session_key(tmp_path)
