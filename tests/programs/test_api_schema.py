"""The API by its own schema: a client made of it, and requests drawn from it."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from kb.access.keys import KeyStore
from kb.answer import Answer, to_json
from kb.api.app import create_app
from kb.api.schema import AnswerBody
from kb.api.state import OPEN_PATHS
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from kb.web.running import house_of
from qa.answerer import Judge
from tests.kb.fake_encoder import FakeEncoder
from tests.programs.running import Server
from tests.qa.fake_reader import FakeReader

QUESTION = "When was Ohm's law published?"


@pytest.fixture(scope="module")
def client(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A client that openapi-python-client makes of the running server's schema."""
    work = tmp_path_factory.mktemp("client")
    schema = work / "openapi.json"
    schema.write_bytes(server.call("GET", "/openapi.json", None).content)
    (work / "config.yml").write_text("post_hooks: []\n")
    made = subprocess.run(
        [
            str(Path(sys.executable).with_name("openapi-python-client")), "generate",
            "--path", str(schema), "--meta", "none", "--config", str(work / "config.yml"),
            "--output-path", str(work / "notes_client"), "--fail-on-warning",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(work))
    yield importlib.import_module("notes_client")
    sys.path.remove(str(work))


@pytest.fixture
def editor(client: ModuleType, server: Server) -> Iterator[Any]:
    key = server.keys["editor"]
    with client.AuthenticatedClient(base_url=server.url, token=key) as editor:
        yield editor


@pytest.fixture
def stranger(client: ModuleType, server: Server) -> Iterator[Any]:
    with client.Client(base_url=server.url) as stranger:
        yield stranger


def part(name: str) -> Any:
    return importlib.import_module(f"notes_client.{name}")


def test_generated_client_asks_writes_and_reads(editor: Any, stranger: Any) -> None:
    models = part("models")
    body = models.AskRequest(question=QUESTION)
    answer = part("api.ask.ask_v1_ask_post").sync(client=editor, body=body)
    assert isinstance(answer, models.Answer)
    assert answer.answer == "1827"
    assert answer.citations[0].note == "physics/ohm.md"

    write = part("api.notes.write_note_v1_notes_path_put")
    note = models.NoteRequest(source="# Generated\n")
    new = write.sync_detailed("by/client.md", client=editor, body=note, if_none_match="*")
    assert (new.status_code, new.parsed.path) == (201, "by/client.md")
    taken = write.sync_detailed("by/client.md", client=editor, body=note, if_none_match="*")
    assert isinstance(taken.parsed, models.Problem)
    assert taken.parsed.type_ == "urn:notes-kb:note-changed"
    read = part("api.notes.read_note_v1_notes_path_get").sync("by/client.md", client=editor)
    assert read.source == "# Generated\n"

    refused = part("api.state.status_v1_status_get").sync(client=stranger)
    assert isinstance(refused, models.Problem)
    assert refused.status == 401
    assert part("api.state.health_health_get").sync(client=stranger).status == "ok"


def test_schema_describes_an_answer_as_it_is_told() -> None:
    told = to_json(Answer("Who?", None, "none", 0.0))
    assert set(AnswerBody.model_fields) == set(told)


def test_schema_has_examples_that_hold(server: Server) -> None:
    schema = server.call("GET", "/openapi.json", None).json()
    examples = {
        name: part["examples"][0]
        for name, part in schema["components"]["schemas"].items()
        if "examples" in part
    }
    assert {"Answer", "AskRequest", "EntryRequest", "FeedbackRequest", "NoteRequest"} <= set(
        examples
    )
    AnswerBody.model_validate(examples["Answer"])
    answered = server.call("POST", "/v1/ask", json=examples["AskRequest"])
    assert answered.status_code == 200, answered.text
    assert server.call("POST", "/v1/feedback", json=examples["FeedbackRequest"]).status_code == 201


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The API over a base without models, where every request is quick."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "adam.md").write_text("# Adam\n\nAdam was introduced in 2014.\n")
    base = KnowledgeBase(
        Models(
            Settings.load(folder, requests_per_minute=0),
            FakeEncoder(),
            FakeReader({}),
            Judge.load(),
        )
    )
    base.index()
    secret = KeyStore(folder / ".kb").add("drawn", "editor")
    app = create_app(base, house_of(base.settings, open_paths=OPEN_PATHS))
    with served(app) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        schema.config.update(headers={"Authorization": f"Bearer {secret}"})
        yield schema
    base.close()


@contextmanager
def served(app: Any) -> Generator[str]:
    """Serve an app in a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


load_all_checks()
# A write depends on what is there: 412 and 422 are right answers to requests that fit the schema.
LEFT_OUT = CHECKS.get_by_names(["positive_data_acceptance"])
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]


@pytest.mark.parametrize("mode", MODES, ids=["that fit it", "that do not"])
def test_requests_drawn_from_the_schema_are_answered_as_it_says(
    drawn: Any, mode: schemathesis.GenerationMode
) -> None:
    operations = [each.ok() for each in drawn.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        if mode is schemathesis.GenerationMode.NEGATIVE and not can_be_wrong(operation):
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=6,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def is_answered_as_described(case: schemathesis.Case) -> None:
            case.call_and_validate(excluded_checks=LEFT_OUT)

        is_answered_as_described()


def can_be_wrong(operation: schemathesis.APIOperation) -> bool:
    """Say whether anything about a request can miss the schema."""
    return bool(operation.body or operation.query)
