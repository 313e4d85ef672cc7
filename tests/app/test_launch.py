from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kb.config import Settings
from kb.pages import launch

ROOT = Path(__file__).parents[2]


def options(settings: Settings, **keywords: bool) -> list[str]:
    return launch.command(settings, **keywords)[5:]


def test_command_binds_to_this_machine_and_reports_to_nobody(tmp_path: Path) -> None:
    found = options(Settings.load(tmp_path, port=8600))
    assert "--server.address=127.0.0.1" in found
    assert "--server.port=8600" in found
    assert "--browser.gatherUsageStats=false" in found
    assert "--server.enableStaticServing=false" in found
    assert "--server.headless=true" in found
    assert "--server.allowedHosts=localhost" in found


def test_command_checks_who_asks_and_needs_no_address_from_outside(tmp_path: Path) -> None:
    found = options(Settings.load(tmp_path))
    for rule in ("enableCORS=true", "enableXsrfProtection=true", "enableAgentApi=false"):
        assert f"--server.{rule}" in found
    assert "--browser.serverAddress=127.0.0.1" in found
    shared = options(Settings.load(tmp_path, host="0.0.0.0", public_url="https://n.example.org"))
    assert "--browser.serverAddress=n.example.org" in shared
    assert "--browser.serverAddress=localhost" in options(Settings.load(tmp_path, host="0.0.0.0"))


def test_environment_hands_on_lists_and_the_secret(tmp_path: Path) -> None:
    given = {"oidc_metadata_url": "https://id", "oidc_client_id": "n", "oidc_client_secret": "s3"}
    found = launch.environment(Settings.load(tmp_path, readers="a, b", **given))
    assert (found["KB_READERS"], found["KB_OIDC_CLIENT_SECRET"]) == ("a,b", "s3")
    assert "s3" not in " ".join(options(Settings.load(tmp_path, readers="a, b", **given)))


def test_command_opens_a_browser_when_asked(tmp_path: Path) -> None:
    assert "--server.headless=false" in options(Settings.load(tmp_path), open_browser=True)


def test_command_takes_a_free_port_for_0(tmp_path: Path) -> None:
    (port,) = (
        o for o in options(Settings.load(tmp_path, port=0)) if o.startswith("--server.port=")
    )
    assert int(port.partition("=")[2]) > 0


def test_command_names_the_script_by_its_place(tmp_path: Path) -> None:
    script = Path(launch.command(Settings.load(tmp_path))[4])
    assert script.is_absolute()
    assert script.is_file()


def test_environment_passes_on_what_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = launch.environment(Settings.load("notes", threads=3, language="zh"))
    assert found["KB_NOTES"] == str(tmp_path / "notes")
    assert found["KB_THREADS"] == "3"
    assert found["KB_LANGUAGE"] == "zh"
    assert "KB_ENCODER" not in found


def test_streamlit_run_has_the_same_configuration() -> None:
    installed = launch.CONFIG.read_bytes()
    assert (ROOT / ".streamlit" / "config.toml").read_bytes() == installed
    assert tomllib.loads(installed.decode())["browser"]["gatherUsageStats"] is False
