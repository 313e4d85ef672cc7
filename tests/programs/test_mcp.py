"""The MCP server as a process of its own, called by the SDK's client."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from click.testing import CliRunner
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from kb.access.keys import KeyStore
from kb.answer import from_json
from kb.cli.main import main
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.web import extras
from tests.programs.running import Server, environment, serving

QUESTION = "When was Ohm's law published?"
OHM = "# Ohm's law\n\nOhm's law was published by **Georg Ohm** in 1827.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp")
    (folder / "ohm.md").write_text(OHM)
    (folder / "海洋 100%.md").write_text("# 海洋\n\n海水平均盐度约为 3.5%。\n", encoding="utf-8")
    base = KnowledgeBase.open(Settings.load(folder, threads=1))
    base.index()
    base.close()
    return folder


@asynccontextmanager
async def over_stdio(folder: Path, *arguments: str) -> AsyncGenerator[Client]:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "kb.cli.main", "mcp", "-n", str(folder), *arguments],
        env=environment(),
    )
    async with Client(command, read_timeout_seconds=120) as client:
        yield client


@asynccontextmanager
async def over_http(server: Server, role: str) -> AsyncGenerator[Client]:
    headers = {"authorization": f"Bearer {server.keys[role]}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("mcp-http")
    (folder / "ohm.md").write_text(OHM)
    (folder / ".kb").mkdir()
    store = KeyStore(folder / ".kb")
    keys = {role: store.add(role, role) for role in ("reader", "editor")}
    base = KnowledgeBase.open(Settings.load(folder, threads=1))
    base.index()
    base.close()
    arguments = ("mcp", "--http", "--write", "--port", "0", "-n", str(folder))
    with serving(*arguments, keys=keys, ready="") as server:
        yield server


def texts(result: Any) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")


def test_model_asks_reads_and_cannot_write_unless_that_is_allowed(folder: Path) -> None:
    async def talk() -> None:
        stages: list[str | None] = []

        async def note(_done: float, _total: float | None, message: str | None) -> None:
            stages.append(message)

        async with over_stdio(folder) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == {"ask", "search", "read_note"}
            assert all(tool.annotations.read_only_hint for tool in tools.values())
            assert tools["ask"].output_schema["properties"]["citations"]

            result = await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)
            assert stages == ["searching", "reading", "answering"]
            answer = from_json(result.structured_content)
            cited = answer.citations[0]
            assert (answer.text, cited.note) == ("1827", "ohm.md")
            assert OHM[cited.start : cited.end] == "1827"
            assert texts(result).startswith("1827\n")
            assert f"characters {cited.start}–{cited.end}" in texts(result)
            [link] = [part for part in result.content if part.type == "resource_link"]
            [content] = (await client.read_resource(link.uri)).contents
            assert content.text == OHM

            result = await client.call_tool("search", {"query": "海水", "k": 1})
            assert result.structured_content["passages"][0]["citation"]["note"] == "海洋 100%.md"
            [link] = [part for part in result.content if part.type == "resource_link"]
            [content] = (await client.read_resource(link.uri)).contents
            assert "3.5%" in content.text

            part = {"path": "ohm.md", "start": 2, "end": 11}
            result = await client.call_tool("read_note", part)
            assert result.structured_content["source"] == "Ohm's law"
            assert result.structured_content["length"] == len(OHM)

            listed = (await client.list_resources()).resources
            assert [each.name for each in listed] == ["ohm.md", "海洋 100%.md"]

    anyio.run(talk)


def test_model_is_told_what_is_wrong_in_one_line(folder: Path) -> None:
    async def talk() -> None:
        async with over_stdio(folder) as client:
            for tool, arguments, words in (
                ("ask", {"question": "  "}, "empty"),
                ("read_note", {"path": "../../etc/passwd"}, "not the path of a note"),
                ("read_note", {"path": "nope.md"}, "cannot be read"),
                ("add_note", {"path": "x.md", "source": "x"}, "add_note"),
            ):
                result = await client.call_tool(tool, arguments)
                assert result.is_error
                assert words in texts(result)
                assert len(texts(result).splitlines()) == 1
            for uri in ("note:///../out.md", "note:///.kb/keys.json", "note:///nope.md"):
                with pytest.raises(MCPError):
                    await client.read_resource(uri)

    anyio.run(talk)


def test_model_adds_a_note_that_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "ohm.md").write_text(OHM)

    async def talk() -> None:
        async with over_stdio(tmp_path, "--write") as client:
            note = {"path": "tea", "source": "# Tea\n\nGreen tea is steeped at 75 °C.\n"}
            result = await client.call_tool("add_note", note)
            assert result.structured_content["path"] == "tea.md"
            again = await client.call_tool("add_note", {"path": "tea.md", "source": "other"})
            assert again.is_error
            assert "already there" in texts(again)
            for _ in range(1000):
                # The indexing of the start may be at work; the one after it takes the note in.
                found = await client.call_tool("search", {"query": "tea"})
                if result.structured_content["indexed"] or "tea.md" in texts(found):
                    break
            asked = {"question": "At what temperature is green tea steeped?"}
            answer = await client.call_tool("ask", asked)
            assert answer.structured_content["answer"] == "75 °C"

    anyio.run(talk)
    assert (tmp_path / "tea.md").read_text() == "# Tea\n\nGreen tea is steeped at 75 °C.\n"


def test_server_over_http_needs_a_key_for_every_call(server: Server) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in ({}, {"authorization": "Bearer kb_wrong"}):
        response = httpx.post(server.url, json=body, headers=headers)
        assert response.status_code == 401
        assert response.json()["type"] == "urn:notes-kb:key-needed"
    strange = {"authorization": f"Bearer {server.keys['reader']}", "host": "attacker.example"}
    assert httpx.post(server.url, json=body, headers=strange).status_code == 421

    async def talk() -> None:
        async with over_http(server, "reader") as client:
            result = await client.call_tool("ask", {"question": QUESTION})
            assert result.structured_content["answer"] == "1827"

    anyio.run(talk)


def test_server_over_http_lets_only_editors_add(server: Server) -> None:
    async def talk() -> None:
        note = {"path": "new.md", "source": "# New\n"}
        async with over_http(server, "reader") as client:
            refused = await client.call_tool("add_note", note)
            assert refused.is_error
            assert "may read these notes" in texts(refused)
        async with over_http(server, "editor") as client:
            added = await client.call_tool("add_note", note)
            assert added.structured_content["path"] == "new.md"

    anyio.run(talk)


@pytest.mark.parametrize("arguments", [(), ("--http",)])
def test_command_names_the_extra_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "mcp" else name)
    result = CliRunner().invoke(main, ["mcp", *arguments, "-n", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert "notes-kb[mcp]" in line
