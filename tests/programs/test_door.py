from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from kb.access.hosts import Hosts
from kb.access.keys import KeyStore
from kb.access.passwords import Passwords
from kb.config import Settings
from kb.errors import AccessError
from kb.web import bodies, door
from kb.web.door import Door, House, caller_of, demand_editor
from kb.web.rates import RateLimit
from kb.web.running import house_of

OPEN = frozenset({"/health"})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/broken":
        raise RuntimeError("a\nbug")
    if scope["path"] == "/edit":
        demand_editor(caller_of(scope))
    body = await Request(scope, receive).body()
    caller = caller_of(scope) if scope["path"] not in OPEN else None
    response = JSONResponse({"caller": caller and caller.name, "body": len(body)})
    await response(scope, receive, send)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(
        keys=KeyStore(tmp_path),
        keyless=None,
        hosts=Hosts(Settings.load(tmp_path), ["notes.example"]),
        per_minute=0,
        most_bytes=lambda _path: 100,
        open_paths=OPEN,
    )


def call(house: House, path: str = "/", method: str = "GET", **more: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(Door(app, house), client=("127.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **more)

    return anyio.run(run)


def is_problem(response: httpx.Response, status: int, name: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["type"]) == (status, f"urn:notes-kb:{name}")
    assert body["title"]
    assert "\n" not in body["detail"]


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic SECRET", "SECRET"])
def test_door_needs_a_key_that_holds(house: House, header: str | None) -> None:
    secret = house.keys.add("a", "reader")
    headers = {"authorization": header.replace("SECRET", secret)} if header else {}
    response = call(house, headers=headers)
    is_problem(response, 401, "key-needed")
    assert response.headers["www-authenticate"].startswith("Bearer")
    right = call(house, headers={"authorization": f"bearer {secret}"})
    assert right.json()["caller"] == "a"


def test_door_is_open_without_keys_only_where_that_is_allowed(house: House) -> None:
    is_problem(call(house), 401, "key-needed")
    assert call(house, "/health").status_code == 200
    local = replace(house, keyless="editor")
    assert call(local, "/edit").json()["caller"] == "127.0.0.1"
    house.keys.add("a", "reader")
    is_problem(call(local), 401, "key-needed")


def test_door_lets_nobody_in_while_keys_cannot_be_read(house: House) -> None:
    house.keys.path.write_text("nonsense")
    is_problem(call(replace(house, keyless="editor")), 503, "access-error")


def test_demand_editor_refuses_a_lower_role(house: House) -> None:
    secret = house.keys.add("a", "reader")
    is_problem(
        call(house, "/edit", headers={"authorization": f"Bearer {secret}"}), 403, "not-allowed"
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8502", 200),
        ("localhost", 200),
        ("[::1]:8502", 200),
        ("192.168.1.5:8502", 421),
        ("Notes.example:80", 200),
        ("attacker.example", 421),
        ("localhost.attacker.example", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_door_answers_under_its_own_names_only(house: House, host: str, status: int) -> None:
    response = call(house, "/health", headers={"host": host})
    assert response.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://127.0.0.1", 200), ("http://attacker.example", 403), ("null", 403), ("http://[", 403)],
)
def test_door_refuses_pages_of_other_sites(house: House, origin: str, status: int) -> None:
    assert call(house, "/health", headers={"origin": origin}).status_code == status


async def in_pieces() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b"x" * 10


@pytest.mark.parametrize("content", [lambda: b"x" * 101, in_pieces], ids=["declared", "in pieces"])
def test_door_refuses_a_body_that_is_too_large(house: House, content: Callable[[], Any]) -> None:
    local = replace(house, keyless="reader")
    response = call(local, method="POST", content=content())
    is_problem(response, 413, "body-too-large")
    assert call(local, method="POST", content=b"x" * 100).json()["body"] == 100


def test_door_does_not_wait_for_a_body_that_stalls(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.01)
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            await anyio.sleep_forever()
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"localhost")]
        }  # fmt: skip
        await Door(app, replace(house, keyless="reader"))(scope, receive, send)

    anyio.run(run)
    assert sent[0]["status"] == 408


def test_door_tells_a_bug_in_one_line(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    is_problem(call(replace(house, keyless="reader"), "/broken"), 500, "internal-error")
    [line] = capsys.readouterr().err.splitlines()
    assert "RuntimeError: a bug" in line
    assert "test_door.py" in line


def test_door_counts_each_key_by_itself(house: House) -> None:
    limited = replace(house, per_minute=2)
    secrets = [house.keys.add(name, "reader") for name in ("a", "b")]
    limiting = Door(app, limited)

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(limiting)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return [
                await client.get("/", headers={"authorization": f"Bearer {secret}"})
                for secret in (*secrets[:1] * 3, secrets[1])
            ]

    responses = anyio.run(run)
    assert [each.status_code for each in responses] == [200, 200, 429, 200]
    is_problem(responses[2], 429, "too-many-requests")
    assert 1 <= int(responses[2].headers["retry-after"]) <= 30


def test_door_refuses_what_would_only_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_AT_ONCE", 1)

    async def run() -> list[int]:
        inside, go_on = anyio.Event(), anyio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            inside.set()
            await go_on.wait()
            await app(scope, receive, send)

        transport = httpx.ASGITransport(Door(slow, replace(house, keyless="reader")))
        statuses: list[int] = []
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

            async def first() -> None:
                statuses.append((await client.get("/")).status_code)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(first)
                await inside.wait()
                statuses.append((await client.get("/")).status_code)
                go_on.set()
            statuses.append((await client.get("/")).status_code)
        return statuses

    assert anyio.run(run) == [503, 200, 200]


def test_rate_limit_refills_steadily() -> None:
    now = 0.0
    limit = RateLimit(60, clock=lambda: now)
    assert [limit.wait_seconds("a") for _ in range(60)] == [0.0] * 60
    assert limit.wait_seconds("a") == pytest.approx(1.0)
    assert limit.wait_seconds("b") == 0.0
    now = 0.5
    assert limit.wait_seconds("a") == pytest.approx(0.5)
    now = 1.5
    assert limit.wait_seconds("a") == 0.0
    assert limit.wait_seconds("a") > 0
    assert RateLimit(0).wait_seconds("a") == 0.0


def test_house_beyond_this_machine_needs_keys(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, host="0.0.0.0")
    with pytest.raises(AccessError, match="kb key add"):
        house_of(settings)
    store = KeyStore(settings.data_folder)
    store.add("a", "reader")
    house = house_of(settings)
    store.remove("a")
    is_problem(call(house), 401, "key-needed")


def test_house_where_people_log_in_needs_keys(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path)
    settings.data_folder.mkdir()
    assert house_of(settings).keyless == "editor"
    Passwords(settings.data_folder).set("reader", "correct horse battery")
    with pytest.raises(AccessError, match="log in"):
        house_of(settings)
    KeyStore(settings.data_folder).add("a", "reader")
    is_problem(call(house_of(settings)), 401, "key-needed")
