"""What docs/programs.md shows is run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kb.access.keys import KeyStore
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from tests.programs.running import ROOT, serving

PAGE = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")
# The parts of the starter notes that the page asks about.
PARTS = (
    "en/memory/long-short-term-memory.md",
    "en/training/cross-entropy-and-adam.md",
    "zh/记忆/长短期记忆网络.md",
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "notes"
    for part in PARTS:
        (folder / part).parent.mkdir(parents=True)
        shutil.copyfile(ROOT / "kb" / "starter" / part, folder / part)
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    base.close()
    return folder


def test_python_of_the_page_runs(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(notes.parent)
    monkeypatch.setenv("KB_THREADS", "2")
    shown = blocks("python")
    assert len(shown) >= 5
    names: dict[str, object] = {}
    for number, block in enumerate(shown, start=1):
        exec(compile(block, f"docs/programs.md, block {number}", "exec"), names)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_of_the_page_runs(notes: Path) -> None:
    commands = [
        line.removeprefix("$ ")
        for block in blocks("console")
        for line in block.splitlines()
        if line.startswith("$ curl")
    ]
    assert len(commands) >= 5
    key = KeyStore(notes / ".kb").add("docs", "editor")
    with serving("serve", "--api", "--port", "0", "-n", str(notes)) as server:
        variables = {**os.environ, "URL": server.url, "KEY": key, "no_proxy": "*"}
        for command in commands:
            run = subprocess.run(
                ["bash", "-c", f'curl() {{ command curl --fail-with-body "$@"; }}\n{command}'],
                capture_output=True,
                text=True,
                env=variables,
                check=False,
            )
            assert run.returncode == 0, (command, run.stdout, run.stderr)
            assert run.stdout


def test_configuration_of_clients_is_json() -> None:
    for block in blocks("json"):
        [server] = json.loads(block)["mcpServers"].values()
        assert server.get("command") == "kb" or server["url"].endswith(":8503/mcp")
