from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb.access.keys import PREFIX, KeyStore
from kb.cli.main import main
from kb.errors import AccessError


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / ".kb")


def test_keys_hold_until_they_are_removed(store: KeyStore) -> None:
    secret = store.add("reports", "reader")
    found = store.find(secret)
    assert found is not None
    assert (found.name, found.role) == ("reports", "reader")
    assert store.find(secret + "x") is None
    assert store.find("") is None
    store.remove("reports")
    assert store.find(secret) is None


def test_keys_are_kept_as_digests_for_the_owner_only(store: KeyStore) -> None:
    secret = store.add("reports", "editor")
    assert secret.startswith(PREFIX)
    assert len(secret) > 40
    assert secret.removeprefix(PREFIX) not in store.path.read_text()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_keys_of_another_process_are_noticed(store: KeyStore) -> None:
    other = KeyStore(store.path.parent)
    assert other.all() == ()
    secret = store.add("a", "reader")
    assert other.find(secret) is not None
    store.remove("a")
    assert other.find(secret) is None


def test_keys_made_at_once_are_all_kept(store: KeyStore) -> None:
    names = [f"k{number}" for number in range(12)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda name: KeyStore(store.path.parent).add(name, "reader"), names))
    assert {key.name for key in store.all()} == set(names)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "a\nb"])
def test_keys_refuse_odd_names(store: KeyStore, name: str) -> None:
    with pytest.raises(AccessError, match="name"):
        store.add(name, "reader")
    assert not store.path.exists()


def test_keys_refuse_a_taken_name_and_an_unknown_one(store: KeyStore) -> None:
    store.add("a", "reader")
    with pytest.raises(AccessError, match="already"):
        store.add("a", "editor")
    with pytest.raises(AccessError, match="no key"):
        store.remove("b")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"keys": [{"name": "a"}]}',
        '{"keys": [{"name": "a", "role": "owner", "added": "", "digest": "00"}]}',
    ],
)
def test_keys_that_cannot_be_read_let_nobody_in(store: KeyStore, content: str) -> None:
    secret = store.add("a", "reader")
    store.path.write_text(content)
    with pytest.raises(AccessError, match=r"keys\.json"):
        store.find(secret)


def test_key_commands_add_list_and_remove(tmp_path: Path) -> None:
    def kb(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["key", *arguments, "-n", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout

    secret = kb("add", "reports", "--role", "editor").strip()
    assert KeyStore(tmp_path / ".kb").find(secret) is not None
    [listed] = json.loads(kb("list", "--json"))
    assert (listed["name"], listed["role"]) == ("reports", "editor")
    assert secret not in kb("list")
    kb("remove", "reports")
    assert "no keys" in kb("list")


def test_key_command_tells_an_error_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["key", "remove", "nobody", "-n", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("kb: there is no key")
