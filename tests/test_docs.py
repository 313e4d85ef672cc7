"""What README and docs/ say is so: commands, settings, links, and every snippet."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import pytest

from benchmarks.commands import PAGE as COMMANDS
from benchmarks.commands import commands, options, page
from kb.access.keys import KeyStore
from kb.answer import to_json
from kb.cli.main import main as kb
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from tests.programs.running import serving

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
# The parts of the starter notes that the pages ask about.
PARTS = (
    "en/memory/long-short-term-memory.md",
    "en/training/cross-entropy-and-adam.md",
    "zh/记忆/长短期记忆网络.md",
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_SOURCE = re.compile(r"(?:kb|qa|retrieval|tests|benchmarks)/[\w./-]*\w\.py")

every_page = pytest.mark.parametrize("name", TEXTS)


def blocks(name: str, language: str) -> list[str]:
    return [text for kind, text in _FENCE.findall(TEXTS[name]) if kind == language]


def prose(name: str) -> str:
    return _FENCE.sub("", TEXTS[name])


# Commands


def test_every_command_and_option_is_in_the_reference() -> None:
    sections = dict(re.findall(r"^## (.+)\n([^\0]*?)(?=^## |\Z)", TEXTS["docs/commands.md"], re.M))
    for name, command in commands():
        assert f"`{name}" in sections[name]
        for option in options(command):
            for spelling in (*option.opts, *option.secondary_opts):
                shown = spelling == "-n" or f"`{spelling}`" in sections[name]
                assert shown, (name, spelling)
            assert option.help, (name, option.name)


def test_reference_says_what_the_commands_say() -> None:
    assert COMMANDS.read_text(encoding="utf-8") == page(), "run python -m benchmarks.commands"


def test_every_command_is_shown_in_use() -> None:
    """Beside the reference, README or a page of docs/ has each command where one needs it."""
    told = "\n".join(text for name, text in TEXTS.items() if name != "docs/commands.md")
    for name, _ in commands():
        assert re.search(rf"{name}\b", told), name


def command_lines(name: str) -> Iterator[list[str]]:
    """Yield the arguments of each `kb` that a console block runs."""
    for block in blocks(name, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                yield from _calls(line.removeprefix("$ "))


def _calls(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>;&")
    lexer.whitespace_split = True
    call: list[str] = []
    tokens = iter([*lexer, ";"])
    for token in tokens:
        if token in ("<", ">", ">>"):
            next(tokens)
        elif token in ("|", "||", ";", "&&"):
            while call and re.match(r"[A-Z_]+=", call[0]):
                call.pop(0)
            if call[:1] == ["kb"]:
                yield call[1:]
            call = []
        else:
            call.append(token)


def parse(arguments: list[str]) -> None:
    """Parse a call as click would, without running anything.

    :raises click.UsageError: if there is no such command, option or value.
    """
    context = kb.make_context("kb", list(arguments))
    command: click.Command = kb
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        context = found.make_context(name, rest, parent=context)
        command = found


def test_parse_refuses_what_is_no_call() -> None:
    parse(["ask", "Who?", "--tag", "a"])
    parse(["key", "list"])
    for wrong in (["aks", "Who?"], ["ask", "Who?", "--tags", "a"], ["ask"], ["key", "list", "x"]):
        with pytest.raises(click.UsageError):
            parse(wrong)


@every_page
def test_console_snippets_call_what_there_is(name: str) -> None:
    for arguments in command_lines(name):
        try:
            parse(arguments)
        except click.UsageError as error:
            pytest.fail(f"{name}: kb {shlex.join(arguments)}: {error.format_message()}")


@every_page
def test_commands_in_the_text_have_their_options(name: str) -> None:
    known = {full.split(" ", 1)[1]: command for full, command in commands()}
    for code in _CODE.findall(prose(name)):
        call = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", code).split()
        if call[:1] != ["kb"] or len(call) == 1:
            continue
        words = [each for each in call[1:] if not each.startswith("-")]
        command = known.get(" ".join(words[:2])) or known.get(words[0] if words else "")
        spelled = {name for each in [kb, *([command] if command else [])]
                   for option in each.params for name in (*option.opts, *option.secondary_opts)
                   } | {"--help", "--version"}  # fmt: skip
        assert command is not None or not words or words == ["COMMAND", "…"], (name, code)
        assert {each for each in call if each.startswith("--")} <= spelled, (name, code)


@every_page
def test_targets_and_modules_in_the_text_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^\$? ?make(?: -C \S+)? (\w+)\b", TEXTS[name], re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for module in re.findall(r"python -m ((?:benchmarks|qa|retrieval|kb)[\w.]*)", TEXTS[name]):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_every_extra_in_the_text_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "kb").rglob("*.py"))
    told = "\n".join([*TEXTS.values(), code])
    named = set(re.findall(r"(?:'\.|notes-kb)\[(\w+)\]'", told))
    assert named <= extras
    assert extras - {"dev"} <= named


# Settings


def settings_rows() -> dict[str, tuple[str, str]]:
    """Return the settings of the README's tables: variable and default by name."""
    rows: dict[str, tuple[str, str]] = {}
    for line in re.findall(r"^\|([^|]+)\|([^|]*`KB_[^|]*)\|([^|]+)\|", TEXTS["README.md"], re.M):
        names, variables, defaults = line
        fields = [each.strip() for each in names.split(",")]
        told = [each.strip(" `") for each in variables.split(",")]
        given = [each.strip(" `") for each in defaults.split(",")]
        for place, field in enumerate(fields):
            rows[field] = told[place], given[min(place, len(given) - 1)]
    return rows


def test_every_setting_is_in_the_readme() -> None:
    assert set(settings_rows()) == set(Settings.model_fields)


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_setting_has_its_variable_and_default(field: str) -> None:
    variable, told = settings_rows()[field]
    assert variable == f"KB_{field.upper()}"
    default: Any = Settings.model_fields[field].default
    if default in (None, "", ()):
        assert told in ("bundled", "none", "as calibrated")
    elif isinstance(default, bool):
        assert told == str(default).lower()
    else:
        assert told.removeprefix("./") == str(default)


@every_page
def test_variables_in_the_text_exist(name: str) -> None:
    known = {f"KB_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"\bKB_[A-Z_]+\b", TEXTS[name])) <= known


@every_page
def test_settings_files_in_the_text_are_understood(name: str) -> None:
    for block in blocks(name, "toml"):
        given = tomllib.loads(block)
        assert set(given) <= set(Settings.model_fields), block


# Links


def anchors(text: str) -> set[str]:
    """Return the names that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", each.lower()) for each in headings]
    return {each.replace(" ", "-") for each in plain}


@every_page
def test_links_lead_somewhere(name: str) -> None:
    for link in _LINK.findall(prose(name)):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = unquote(link).partition("#")
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{name}: {link}"


def test_every_page_is_linked_from_the_index_and_that_from_the_readme() -> None:
    index = set(_LINK.findall(TEXTS["docs/README.md"]))
    assert {page.name for page in PAGES if page.parent.name == "docs"} - {"README.md"} <= index
    assert "docs/README.md" in _LINK.findall(TEXTS["README.md"])


@every_page
def test_source_files_named_in_the_text_exist(name: str) -> None:
    for code in _CODE.findall(prose(name)):
        if _SOURCE.fullmatch(code):
            assert (ROOT / code).is_file(), code


# Snippets


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "notes"
    for part in PARTS:
        (folder / part).parent.mkdir(parents=True)
        shutil.copyfile(ROOT / "kb" / "starter" / part, folder / part)
    base = KnowledgeBase.open(Settings.load(folder))
    base.index()
    answer = base.ask("Who introduced the LSTM?")
    base.history.add_turn(base.history.new_chat(), answer.question, to_json(answer))
    base.close()
    return folder


def test_enough_python_is_shown() -> None:
    assert len(blocks("docs/programs.md", "python")) >= 5
    assert blocks("README.md", "python")


@pytest.mark.parametrize("name", [name for name in TEXTS if blocks(name, "python")])
def test_python_of_the_page_runs(notes: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(notes.parent)
    monkeypatch.setenv("KB_THREADS", "2")
    names: dict[str, object] = {}
    for number, block in enumerate(blocks(name, "python"), start=1):
        exec(compile(block, f"{name}, block {number}", "exec"), names)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_of_the_page_runs(notes: Path) -> None:
    commands = [
        line.removeprefix("$ ")
        for block in blocks("docs/programs.md", "console")
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
    shown = blocks("docs/programs.md", "json")
    assert shown
    for block in shown:
        [server] = json.loads(block)["mcpServers"].values()
        if "command" in server:
            assert server["command"] == "kb"
            parse(server["args"])
        else:
            assert server["url"].endswith(":8503/mcp")
