from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.access.passwords import Passwords
from kb.cli.main import main
from kb.pages import launch

PASSWORD = "correct horse battery"


def kb(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def test_password_is_read_from_standard_input_and_never_shown(tmp_path: Path) -> None:
    result = kb("password", "-n", str(tmp_path), "--role", "reader", stdin=f"{PASSWORD}\r\n")
    assert result.exit_code == 0
    assert "readers log in with a password" in result.stdout
    assert PASSWORD not in result.output
    assert Passwords(tmp_path / ".kb").role_of(PASSWORD) == "reader"
    result = kb("password", "-n", str(tmp_path), "--role", "reader", "--remove", "--json")
    assert json.loads(result.stdout) == {"role": "reader", "password": "removed", "roles": []}
    assert "has none" in kb("password", "-n", str(tmp_path), "--remove").stdout


@pytest.mark.parametrize("stdin", ["", "\n", "short\n"], ids=["nothing", "empty", "short"])
def test_password_that_is_unfit_is_one_line(tmp_path: Path, stdin: str) -> None:
    result = kb("password", "-n", str(tmp_path), stdin=stdin)
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("kb: ")
    assert not (tmp_path / ".kb").exists()


def test_password_of_no_folder_is_one_line(tmp_path: Path) -> None:
    result = kb("password", "-n", str(tmp_path / "none"), stdin=f"{PASSWORD}\n")
    assert result.exit_code == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5"])
def test_serve_does_not_start_for_others_without_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    started: list[str] = []

    def run(settings: object, *, open_browser: bool) -> int:
        started.append(f"{settings} {open_browser}")
        return 0

    monkeypatch.setattr(launch, "run", run)
    result = kb("serve", "-n", str(tmp_path), "--host", host)
    assert (result.exit_code, result.stdout, started) == (1, "", [])
    [line] = result.stderr.splitlines()
    assert line.startswith(f"kb: host {host} can be reached by others")
    assert not (tmp_path / ".kb").exists()
    kb("password", "-n", str(tmp_path), stdin=f"{PASSWORD}\n")
    result = kb("serve", "-n", str(tmp_path), "--host", host)
    assert (result.exit_code, len(started)) == (0, 1)
    assert "TLS" in result.stderr
