from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kb.access.hosts import Hosts
from kb.config import Settings

HOSTS = ["127.0.0.1:8501", "localhost", "LOCALHOST:8501", "[::1]:8501"]
STRANGE = [
    None,
    "",
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost:8501@evil.example",
    "evil.example#localhost",
    "localhost/evil",
    "localhost:port",
    "[::1",
    "localhost.evil",
]


def hosts(tmp_path: Path, host: str = "127.0.0.1", public: str | None = None) -> Hosts:
    return Hosts(Settings.load(tmp_path, host=host, public_url=public))


@pytest.mark.parametrize("host", HOSTS)
def test_loopback_answers_to_its_own_names(tmp_path: Path, host: str) -> None:
    assert hosts(tmp_path).allows(host)


@pytest.mark.parametrize("host", STRANGE)
@pytest.mark.parametrize("served", ["127.0.0.1", "0.0.0.0"])
def test_other_names_are_refused(tmp_path: Path, host: str | None, served: str) -> None:
    assert not hosts(tmp_path, served).allows(host)


def test_numbers_lead_to_it_only_where_it_is_open(tmp_path: Path) -> None:
    for address in ("192.0.2.7:8501", "[2001:db8::7]"):
        assert not hosts(tmp_path).allows(address)
        assert hosts(tmp_path, "0.0.0.0").allows(address)
    assert hosts(tmp_path, "0.0.0.0").allows(socket.gethostname())


def test_public_name_is_answered_to(tmp_path: Path) -> None:
    found = hosts(tmp_path, public="https://Notes.Example.org")
    assert found.allows("notes.example.org")
    assert found.allows("NOTES.example.org.:443")
    assert not found.allows("example.org")


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        (None, True),
        ("http://127.0.0.1:8501", True),
        ("https://notes.example.org", True),
        ("http://127.0.0.1:3000", False),
        ("http://localhost:8501", False),
        ("https://evil.example", False),
        ("https://notes.example.org.evil.example", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_requests_of_other_sites_are_told_apart(
    tmp_path: Path, origin: str | None, is_own: bool
) -> None:
    found = hosts(tmp_path, public="https://notes.example.org")
    assert found.is_own(origin, "127.0.0.1:8501") is is_own
