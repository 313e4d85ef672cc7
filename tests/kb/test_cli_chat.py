from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.cli.main import main
from kb.config import Settings
from kb.knowledge import KnowledgeBase

ASKED = "Who introduced the LSTM?\n\nand when?\n"


def kb(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chats")
    text = "# LSTM\n\nSepp Hochreiter and Jürgen Schmidhuber introduced the LSTM in 1997.\n"
    (folder / "lstm.md").write_text(text, encoding="utf-8")
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    base.close()
    return folder


def test_chat_understands_follow_ups_and_is_kept(notes: Path) -> None:
    result = kb("chat", "-n", str(notes), "--json", stdin=ASKED)
    assert result.exit_code == 0
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["asked_as"] is None
    assert "LSTM" in second["asked_as"]
    assert second["answer"] == "1997"
    (told,) = json.loads(kb("export", "-n", str(notes), "--format", "json").stdout)
    assert [turn["question"] for turn in told["turns"]] == ["Who introduced the LSTM?", "and when?"]
    # The same chat goes on, and what was said still counts.
    more = kb("chat", "-n", str(notes), "--continue", told["id"], stdin="who introduced it?\n")
    assert "asked as: who introduced the LSTM?" in more.stdout.replace("Who", "who")


def test_chat_goes_on_after_a_question_that_is_refused(notes: Path) -> None:
    result = kb("chat", "-n", str(notes), "--json", stdin=f"{'x' * 3000}\nWho?\n")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert "3,000 characters" in result.stderr


def test_chat_without_a_question_leaves_nothing(tmp_path: Path) -> None:
    assert kb("chat", "-n", str(tmp_path), stdin="").exit_code == 0
    assert kb("export", "-n", str(tmp_path), "--list").stdout == ""


def test_export_writes_markdown_and_never_over_a_file(notes: Path, tmp_path: Path) -> None:
    target = tmp_path / "chats.md"
    assert kb("export", "-n", str(notes), "-o", str(target)).exit_code == 0
    assert "# Who introduced the LSTM?" in target.read_text("utf-8")
    again = kb("export", "-n", str(notes), "-o", str(target))
    assert (again.exit_code, len(again.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize("arguments", [("export", "none"), ("chat", "--continue", "none")])
def test_chat_that_is_not_there_is_one_line(notes: Path, arguments: tuple[str, ...]) -> None:
    result = kb(*arguments, "-n", str(notes), stdin="")
    assert result.exit_code == 1
    assert result.stderr == "kb: there is no chat none: `kb export --list` lists them\n"
