"""The HTTP API as a process of its own, called as a program would."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from kb.cli.main import main
from kb.web import extras
from tests.programs.running import KB, Server, environment, serving

QUESTION = "When was Ohm's law published?"


def events(text: str) -> list[tuple[str, Any]]:
    """Read server-sent events."""
    found: list[tuple[str, Any]] = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def without_timings(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def of_command(folder: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(main, [*arguments, "--json", "-n", str(folder)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def is_problem(response: httpx.Response, status: int, name: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == f"urn:notes-kb:{name}"
    assert "\n" not in response.json()["detail"]


def test_ask_gives_the_json_of_the_command(server: Server, folder: Path) -> None:
    answer = server.call("POST", "/v1/ask", json={"question": QUESTION}).json()
    assert answer["answer"] == "1827"
    assert without_timings(answer) == without_timings(of_command(folder, "ask", QUESTION))
    cited = answer["citations"][0]
    source = server.call("GET", f"/v1/notes/{cited['note']}").json()["source"]
    assert source[cited["start"] : cited["end"]] == "1827"


def test_ask_understands_a_follow_up_and_stays_in_its_scope(server: Server) -> None:
    asked = {"question": "Who published it?", "earlier": [QUESTION], "tags": ["#Physics"]}
    answer = server.call("POST", "/v1/ask", json=asked).json()
    assert "Ohm" in answer["answer"]
    asked = {"question": QUESTION, "folders": ["nowhere"]}
    answer = server.call("POST", "/v1/ask", json=asked).json()
    assert (answer["kind"], answer["answer"], answer["nearest"]) == ("none", None, [])


def test_stream_tells_the_stages_and_then_the_answer(server: Server) -> None:
    asked = {"question": QUESTION}
    response = server.call("POST", "/v1/ask/stream", json=asked)
    assert response.headers["content-type"].startswith("text/event-stream")
    *stages, (kind, answer) = events(response.text)
    assert stages == [
        ("stage", {"stage": stage}) for stage in ("searching", "reading", "answering")
    ]
    assert kind == "answer"
    whole = server.call("POST", "/v1/ask", json=asked).json()
    assert without_timings(answer) == without_timings(whole)


def test_stream_tells_what_went_wrong(server: Server) -> None:
    response = server.call("POST", "/v1/ask/stream", json={"question": "x" * 5000})
    [(kind, problem)] = events(response.text)
    assert (kind, problem["type"]) == ("problem", "urn:notes-kb:question-error")


def test_search_gives_the_json_of_the_command(server: Server, folder: Path) -> None:
    found = server.call("GET", "/v1/search", params={"query": "海水", "k": 2}).json()
    assert found[0]["citation"]["note"] == "海.md"
    assert found == of_command(folder, "search", "海水", "-k", "2")


def test_notes_are_listed_in_parts(server: Server) -> None:
    body = server.call("GET", "/v1/notes", params={"tag": "physics"}).json()
    assert [note["path"] for note in body["notes"]] == ["physics/ohm.md"]
    whole = server.call("GET", "/v1/notes").json()
    part = server.call("GET", "/v1/notes", params={"offset": 1, "limit": 1}).json()
    assert part == {"notes": whole["notes"][1:2], "total": whole["total"]}


def test_note_is_read_with_its_version(server: Server) -> None:
    first = server.call("GET", "/v1/notes/海.md")
    assert first.json()["title"] == "海洋"
    assert first.headers["etag"] == f'"{first.json()["version"]}"'
    again = server.call("GET", "/v1/notes/海.md", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("nope.md", 404, "note-missing"),
        ("..%2f..%2fetc%2fpasswd.md", 404, "note-missing"),
        (".kb/keys.json", 404, "note-missing"),
        ("physics", 404, "note-missing"),
        ("latin.md", 422, "note-unreadable"),
    ],
)
def test_note_that_cannot_be_read_is_a_problem(
    server: Server, path: str, status: int, name: str
) -> None:
    is_problem(server.call("GET", f"/v1/notes/{path}"), status, name)


def test_note_is_written_only_over_the_version_that_was_read(server: Server, folder: Path) -> None:
    def write(source: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.call(
            "PUT", "/v1/notes/kettle", "editor", json={"source": source}, headers=named
        )

    is_problem(write("# A\n", if_match='"00"'), 412, "note-changed")
    new = write("# Kettle\n\nWater boils at 90 °C.\n", if_none_match="*")
    assert (new.status_code, new.json()) == (201, {"path": "kettle.md"})
    unsaid = write("# B\n")
    is_problem(unsaid, 428, "version-needed")
    assert unsaid.headers["etag"] == new.headers["etag"]
    is_problem(write("# C\n", if_none_match="*"), 412, "note-changed")
    text = "# Kettle\r\n\r\nThe boiling point of water is 100 °C.\r\n"
    better = write(text, if_match=new.headers["etag"])
    assert better.status_code == 200
    stale = write("# D\n", if_match=new.headers["etag"])
    is_problem(stale, 412, "note-changed")
    assert f'"{stale.json()["version"]}"' == better.headers["etag"]
    assert (folder / "kettle.md").read_bytes().decode() == text
    assert write(text, if_match="*").status_code == 200

    assert server.call("POST", "/v1/index", "editor").json()["skipped"]
    asked = {"question": "What is the boiling point of water?"}
    assert server.call("POST", "/v1/ask", json=asked).json()["answer"] == "100 °C"


def test_note_is_deleted_to_the_trash_only_as_it_was_read(server: Server, folder: Path) -> None:
    def delete(path: str, role: str = "editor", **headers: str) -> httpx.Response:
        return server.call("DELETE", f"/v1/notes/{path}", role, headers=headers)

    new = server.call("PUT", "/v1/notes/old.md", "editor", json={"source": "# Old\n"})
    version = new.headers["etag"]
    is_problem(delete("old.md", "reader", **{"if-match": version}), 403, "not-allowed")
    is_problem(delete("old.md"), 428, "version-needed")
    is_problem(delete("old.md", **{"if-match": '"00"'}), 412, "note-changed")
    for path in ("nope.md", "old", ".kb/keys.json"):
        is_problem(delete(path, **{"if-match": "*"}), 404, "note-missing")
    assert (folder / "old.md").exists()
    assert delete("old.md", **{"if-match": version}).status_code == 204
    assert not (folder / "old.md").exists()
    assert [text.read_text() for text in (folder / ".kb" / "trash").rglob("*.md")] == ["# Old\n"]
    is_problem(server.call("GET", "/v1/notes/old.md"), 404, "note-missing")


def test_of_writers_at_once_one_wins(server: Server, folder: Path) -> None:
    first = server.call("PUT", "/v1/notes/race.md", "editor", json={"source": "0"})
    headers = {"if-match": first.headers["etag"]}

    def write(number: int) -> int:
        body = {"source": f"by {number}"}
        response = server.call("PUT", "/v1/notes/race.md", "editor", json=body, headers=headers)
        return response.status_code

    with ThreadPoolExecutor(6) as threads:
        statuses = list(threads.map(write, range(1, 7)))
    assert sorted(statuses) == [200, 412, 412, 412, 412, 412]
    assert (folder / "race.md").read_text() == f"by {statuses.index(200) + 1}"


@pytest.mark.parametrize("path", ["..%2fout.md", ".hidden.md", "a%00b.md", "con.md", "a%5cb.md"])
def test_note_with_an_odd_name_is_not_written(server: Server, folder: Path, path: str) -> None:
    before = sorted(folder.parent.rglob("*.md"))
    is_problem(
        server.call("PUT", f"/v1/notes/{path}", "editor", json={"source": "x"}), 422, "vault-error"
    )
    assert sorted(folder.parent.rglob("*.md")) == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/notes/x.md", {"source": "x"}),
        ("POST", "/v1/index", None),
        ("GET", "/v1/inbox", None),
        ("POST", "/v1/faq", {"question": "Who?", "answer": "He."}),
    ],
)
def test_reader_may_not_write(
    server: Server, folder: Path, method: str, path: str, body: dict[str, str] | None
) -> None:
    is_problem(server.call(method, path, "reader", json=body), 403, "not-allowed")
    is_problem(server.call(method, path, None, json=body), 401, "key-needed")
    assert not (folder / "x.md").exists()


def test_feedback_fills_the_inbox_and_an_entry_answers_it(server: Server) -> None:
    question = "How deep is the Mariana trench?"
    answer = server.call("POST", "/v1/ask", json={"question": question}).json()
    given = {"answer": answer, "verdict": "down", "right_answer": "about 11 km"}
    assert server.call("POST", "/v1/feedback", json=given).status_code == 201
    waiting = {each["question"]: each for each in server.call("GET", "/v1/inbox", "editor").json()}
    assert waiting[question]["right_answer"] == "about 11 km"
    entry = {"question": question, "answer": "About 11 kilometres.", "note": "deep"}
    assert server.call("POST", "/v1/faq", "editor", json=entry).json() == {"path": "deep.md"}
    server.call("POST", "/v1/index", "editor")
    found = server.call("POST", "/v1/ask", json={"question": question}).json()
    assert (found["kind"], found["answer"]) == ("faq", "About 11 kilometres.")
    given = {"answer": {"answer": 1}, "verdict": "up"}
    is_problem(server.call("POST", "/v1/feedback", json=given), 422, "not-an-answer")


def test_status_gives_the_json_of_the_command(server: Server, folder: Path) -> None:
    server.call("POST", "/v1/index", "editor")
    told, printed = server.call("GET", "/v1/status").json(), of_command(folder, "status")
    assert set(told) == set(printed)
    for name in ("folder", "notes", "passages", "stale", "skipped"):
        assert told[name] == printed[name]


def test_note_of_another_program_is_found(server: Server, folder: Path) -> None:
    (folder / "meteor.md").write_text("# Meteor\n\nThe Perseids peak in August.\n")
    for _ in range(1000):
        found = server.call("GET", "/v1/search", params={"query": "Perseids", "k": 1}).json()
        if found[0]["citation"]["note"] == "meteor.md":
            break
    else:
        pytest.fail("never found")


def test_health_needs_no_key_and_metrics_count(server: Server) -> None:
    assert server.call("GET", "/health", None).json() == {"status": "ok"}
    is_problem(server.call("GET", "/metrics", None), 401, "key-needed")
    server.call("POST", "/v1/ask", json={"question": QUESTION})
    figures = server.call("GET", "/metrics").text
    assert 'kb_http_requests_total{method="POST",route="/v1/ask",status="200"}' in figures
    assert 'kb_answers_total{kind="extractive"}' in figures
    assert "kb_passages " in figures
    assert "Ohm" not in figures


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("DELETE", "/v1/ask", 405, "method-not-allowed"),
        ("POST", "/v1/ask", 422, "invalid-request"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    server: Server, method: str, path: str, status: int, name: str
) -> None:
    response = server.call(method, path, content=b"{", headers={"content-type": "application/json"})
    is_problem(response, status, name)
    assert (status != 405) or response.headers["allow"] == "POST"


def test_server_ends_what_is_at_work_and_exits_with_0(folder: Path, keys: dict[str, str]) -> None:
    arguments = ("serve", "--api", "--port", "0", "-n", str(folder))
    with serving(*arguments, keys=keys, ready="/health") as server:
        asked = {"question": QUESTION}
        with (
            server.client("reader") as client,
            client.stream("POST", "/v1/ask/stream", json=asked) as response,
        ):
            server.process.send_signal(signal.SIGTERM)
            text = response.read().decode()
        assert server.process.wait(60) == 0
        assert server.process.stderr is not None
        assert "Traceback" not in server.process.stderr.read()
    assert events(text)[-1][0] == "answer"


def test_server_refuses_other_machines_without_keys(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    run = subprocess.run(
        [*KB, "serve", "--api", "--host", "0.0.0.0", "--port", "0", "-n", str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert run.returncode == 1
    [line] = run.stderr.splitlines()
    assert "kb key add" in line


def test_server_says_that_its_port_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = ["serve", "--api", "--port", port, "-n", str(folder)]
        result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"kb: cannot listen on 127.0.0.1, port {port}")


@pytest.mark.parametrize(("command", "package", "extra"), [(("serve", "--api"), "fastapi", "api")])
def test_command_names_the_extra_that_is_missing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    package: str,
    extra: str,
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == package else name)
    result = CliRunner().invoke(main, [*command, "-n", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert package in line
    assert f"notes-kb[{extra}]" in line
