from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from kb.config import Settings
from kb.errors import ConfigError


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"KB_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes" / ".kb").mkdir(parents=True)
    return tmp_path / "notes"


def _store(notes: Path, text: str) -> None:
    (notes / ".kb" / "config.toml").write_text(text, encoding="utf-8")


def test_load_gives_defaults() -> None:
    settings = Settings.load()
    assert settings.notes == Path("notes")
    assert settings.data_folder == Path("notes/.kb")
    assert (settings.threshold, settings.retrieve, settings.read) == (None, 50, 6)
    assert settings.max_note_bytes == 10 * 1024 * 1024


def test_load_prefers_command_line_then_environment_then_file(
    notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store(notes, "threads = 1\nread = 1\nport = 1\nlanguage = 'zh'")
    monkeypatch.setenv("KB_THREADS", "2")
    monkeypatch.setenv("KB_READ", "2")
    monkeypatch.setenv("KB_PORT", "")
    settings = Settings.load(threads=3, read=None)
    assert (settings.threads, settings.read, settings.port) == (3, 2, 1)
    assert settings.language == "zh"


def test_load_keeps_zero_that_is_given(notes: Path) -> None:
    _store(notes, "threshold = 0.5")
    assert Settings.load(threshold=0.0).threshold == 0.0


def test_load_takes_the_folder_from_the_environment_and_expands_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home" / "mine" / ".kb").mkdir(parents=True)
    _store(tmp_path / "home" / "mine", "threads = 7")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KB_NOTES", "~/mine")
    settings = Settings.load()
    assert (settings.notes, settings.threads) == (tmp_path / "home" / "mine", 7)
    assert Settings.load(notes="notes").threads == 0


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings.load().threads = 4


@pytest.mark.parametrize(
    ("given", "variable", "stored", "message"),
    [
        ({"threads": -1}, None, "", "--threads = -1: input should be greater"),
        ({"max_note_mb": 0}, None, "", "--max-note-mb = 0: input should be"),
        ({}, ("KB_THREADS", "abc"), "", "KB_THREADS = 'abc': input should be a valid integer"),
        ({}, ("KB_LANGUAGE", "fr"), "", "KB_LANGUAGE = 'fr': input should be 'auto', 'en' or"),
        ({}, None, "port = 70000", "config.toml: port = 70000: input should be less"),
        ({}, None, "thrads = 1", "config.toml: there is no setting thrads; there are encoder,"),
        ({}, None, "notes = 'x'", "config.toml: there is no setting notes in a settings file"),
        ({}, None, "threads = [", "config.toml is not valid TOML"),
        ({"read": 60}, None, "", "read is 60, more than the 50 passages"),
        ({"threads": -1, "port": -1}, None, "", "(and 1 more)"),
        ({"notes": "~nobody-of-this-name/x"}, None, "", "notes = '~nobody"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_load_names_setting_and_source_in_one_line(
    notes: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, object],
    variable: tuple[str, str] | None,
    stored: str,
    message: str,
) -> None:
    _store(notes, stored)
    if variable:
        monkeypatch.setenv(*variable)
    with pytest.raises(ConfigError) as caught:
        Settings.load(**given)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_load_says_when_the_file_is_not_text(notes: Path) -> None:
    (notes / ".kb" / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Settings.load()
