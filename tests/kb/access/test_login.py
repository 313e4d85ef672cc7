from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from kb.access.login import checked_login, is_loopback, login_of, unencrypted
from kb.access.oidc import person_of, streamlit_secrets
from kb.access.passwords import Passwords
from kb.config import Settings
from kb.errors import ConfigError

OIDC = {
    "oidc_metadata_url": "https://id.example.org/.well-known/openid-configuration",
    "oidc_client_id": "notes",
    "oidc_client_secret": "s3cret",
}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_login(tmp_path: Path, host: str) -> None:
    assert is_loopback(host)
    assert checked_login(Settings.load(tmp_path, host=host)) == "none"


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "notes.local", "localhost.evil.example", "127.1"]
)
def test_other_hosts_are_refused_without_a_login(tmp_path: Path, host: str) -> None:
    settings = Settings.load(tmp_path, host=host)
    with pytest.raises(ConfigError, match="kb password") as caught:
        checked_login(settings)
    assert "\n" not in str(caught.value)
    Passwords(settings.data_folder).set("reader", "battery staple")
    assert checked_login(settings) == "password"
    assert unencrypted(settings)


def test_public_address_is_refused_without_a_login(tmp_path: Path) -> None:
    """A proxy on this machine would show the pages to everybody."""
    settings = Settings.load(tmp_path, public_url="https://notes.example.org")
    with pytest.raises(ConfigError, match="public_url"):
        checked_login(settings)


def test_provider_is_a_login_and_two_ways_are_one_too_many(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, host="0.0.0.0", readers="*", **OIDC)
    assert checked_login(settings) == "oidc"
    Passwords(settings.data_folder).set("reader", "battery staple")
    with pytest.raises(ConfigError, match="both"):
        login_of(settings)


def test_provider_needs_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.access.login.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"pip install 'notes-kb\[login\]'"):
        login_of(Settings.load(tmp_path, readers="*", **OIDC))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"oidc_metadata_url": "https://id"}, "oidc_client_id is missing"),
        (OIDC, "nobody is let in"),
        ({"public_url": "notes.example.org"}, "must be like https://"),
        ({"public_url": "https://notes.example.org/kb"}, "without a path"),
        ({"login_days": 0}, "greater than or equal to 1"),
    ],
    ids=["part", "nobody", "scheme", "path", "days"],
)
def test_wrong_login_settings_are_one_line(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load(tmp_path, **given)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secret_is_told_to_nobody(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, readers="*", **OIDC)
    assert "s3cret" not in f"{settings!r} {settings}"
    (tmp_path / ".kb").mkdir()
    (tmp_path / ".kb" / "config.toml").write_text("oidc_client_secret = 12345")
    with pytest.raises(ConfigError) as caught:
        Settings.load(tmp_path)
    assert "12345" not in str(caught.value)


def test_settings_come_from_the_file_and_from_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".kb").mkdir()
    lines = [f'{name} = "{value}"' for name, value in OIDC.items() if "secret" not in name]
    (tmp_path / ".kb" / "config.toml").write_text(
        "\n".join([*lines, 'editors = ["ann@example.org", "bob@example.org"]'])
    )
    monkeypatch.setenv("KB_OIDC_CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("KB_READERS", "cy@example.org, dee@example.org,")
    settings = Settings.load(tmp_path, port=8600)
    assert settings.editors == ("ann@example.org", "bob@example.org")
    assert settings.readers == ("cy@example.org", "dee@example.org")
    secrets = streamlit_secrets(settings, 8600)["auth"]
    assert secrets["client_secret"] == "s3cret"
    assert secrets["redirect_uri"] == "http://127.0.0.1:8600/oauth2callback"
    assert len(secrets["cookie_secret"]) >= 64
    assert "s3cret" not in (tmp_path / ".kb" / "config.toml").read_text()


def claims(**changed: object) -> dict[str, Any]:
    return {
        "iss": "https://id.example.org",
        "sub": "17",
        "iat": time.time() - 60,
        "email": "Ann@example.org",
        "email_verified": True,
        "name": "Ann",
        "groups": ["staff", "notes-editors"],
    } | changed


def role(settings: Settings, **changed: object) -> str | None:
    person = person_of(claims(**changed), settings)
    return person.role if person else None


def test_person_has_the_role_of_their_address(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, editors="ann@example.org", readers="bob@example.org", **OIDC)
    assert role(settings) == "editor"
    assert role(settings, email="BOB@example.org") == "reader"
    assert role(settings, email="cy@example.org") is None
    assert role(settings, email="ann@example.org.evil.example") is None
    person = person_of(claims(), settings)
    assert person is not None
    assert (person.name, person.owner) == ("Ann", "oidc https://id.example.org 17")


@pytest.mark.parametrize("verified", [False, None, "true", 1], ids=str)
def test_address_that_was_not_verified_is_nobodys(tmp_path: Path, verified: object) -> None:
    settings = Settings.load(tmp_path, editors="ann@example.org", **OIDC)
    assert role(settings, email_verified=verified) is None
    open_to_all = Settings.load(tmp_path, editors="ann@example.org", readers="*", **OIDC)
    assert role(open_to_all, email_verified=verified) == "reader"


def test_role_can_come_from_another_claim(tmp_path: Path) -> None:
    settings = Settings.load(
        tmp_path, oidc_claim="groups", editors="notes-editors", readers="staff", **OIDC
    )
    assert role(settings, email_verified=False) == "editor"
    assert role(settings, groups=["staff"]) == "reader"
    assert role(settings, groups="staff") == "reader"
    for strange in (None, [], [None, 3], {"staff": 1}, "*"):
        assert role(settings, groups=strange) is None


@pytest.mark.parametrize("changed", [{"iat": 0}, {"iat": None}, {"sub": ""}], ids=str)
def test_login_that_is_old_or_nobodys_is_none(tmp_path: Path, changed: dict[str, object]) -> None:
    settings = Settings.load(tmp_path, readers="*", **OIDC)
    assert role(settings) == "reader"
    assert role(settings, **changed) is None
