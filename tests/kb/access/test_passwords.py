from __future__ import annotations

from pathlib import Path

import pytest

from kb.access.passwords import COST, Passwords
from kb.errors import AccessError


@pytest.fixture
def passwords(tmp_path: Path) -> Passwords:
    return Passwords(tmp_path / ".kb")


def test_password_is_its_roles_and_no_other(passwords: Passwords) -> None:
    assert passwords.roles() == []
    assert passwords.role_of("correct horse") is None
    passwords.set("editor", "correct horse")
    passwords.set("reader", "battery staple")
    assert passwords.role_of("correct horse") == "editor"
    assert passwords.role_of("battery staple") == "reader"
    for wrong in ("", "correct hors", "Correct horse", "correct horse ", "x" * 5000):
        assert passwords.role_of(wrong) is None


def test_file_holds_salted_hashes_for_its_owner_alone(passwords: Passwords) -> None:
    passwords.set("editor", "correct horse")
    first = passwords.path.read_text()
    passwords.set("editor", "correct horse")
    assert "correct horse" not in first
    assert passwords.path.read_text() != first
    assert passwords.path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in passwords.path.parent.iterdir()] == ["passwords.json"]


def test_characters_count_however_a_keyboard_composes_them(passwords: Passwords) -> None:
    passwords.set("reader", "caf\u00e9 au lait 密码")
    assert passwords.role_of("cafe\u0301 au lait 密码") == "reader"


@pytest.mark.parametrize("password", ["", "ninechars", "x" * 1001], ids=len)
def test_unfit_password_is_refused_in_one_line(passwords: Passwords, password: str) -> None:
    with pytest.raises(AccessError, match="characters"):
        passwords.set("reader", password)
    assert passwords.roles() == []


def test_one_password_cannot_be_both_roles(passwords: Passwords) -> None:
    passwords.set("editor", "correct horse")
    with pytest.raises(AccessError, match="other role"):
        passwords.set("reader", "correct horse")
    assert passwords.role_of("correct horse") == "editor"


def test_password_is_removed_once(passwords: Passwords) -> None:
    passwords.set("reader", "correct horse")
    assert passwords.mark("reader")
    assert passwords.remove("reader")
    assert not passwords.remove("reader")
    assert (passwords.roles(), passwords.mark("reader")) == ([], "")


HASH = '{"n": "1", "r": 1, "p": 1, "salt": "", "digest": ""}'


@pytest.mark.parametrize(
    "content",
    ["", "{", "{}", "[]", "7", '{"editor": {}}', f'{{"editor": {HASH}}}', f'{{"root": {HASH}}}'],
)
def test_damaged_file_lets_nobody_in(passwords: Passwords, content: str) -> None:
    passwords.path.parent.mkdir()
    passwords.path.write_text(content)
    with pytest.raises(AccessError, match="damaged"):
        passwords.role_of("anything at all")
    with pytest.raises(AccessError, match="damaged"):
        passwords.roles()


def test_hash_costs_what_is_advised() -> None:
    assert COST >= 2**16
