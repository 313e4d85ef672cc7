"""Ask and search."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event, Thread
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kb.answer import Answer, Scored, to_json
from kb.api.metrics import Metrics
from kb.api.parts import Base, answered
from kb.api.schema import AnswerBody, AskRequest
from kb.jsontext import dumps
from kb.knowledge import KnowledgeBase
from kb.web.problems import told
from retrieval.scope import Scope

router = APIRouter(prefix="/v1", tags=["ask"])


@router.post("/ask", response_model=AnswerBody)
def ask(asked: AskRequest, base: Base, metrics: Metrics) -> Response:
    """Answer a question with words of the notes, or say that they hold no answer.

    The JSON is that of `kb ask --json`. A question that leans on earlier ones is asked in full
    words too, see `asked_as`.
    """
    scope = Scope(asked.tags, asked.folders)
    answer = base.ask(asked.question, scope=scope, earlier=asked.earlier)
    metrics.answer(answer.kind)
    return answered(to_json(answer))


@router.post(
    "/ask/stream",
    response_class=EventSourceResponse,
    operation_id="ask_stream",
)
def ask_stream(asked: AskRequest, base: Base, metrics: Metrics) -> Iterator[ServerSentEvent]:
    """Answer a question, and tell what is being done meanwhile.

    Events: `stage` ("searching", "reading", "answering") as each begins, then one `answer` with the
    JSON of `ask`, or one `problem`.
    """
    yield from _Stream(base, asked, metrics).events()


@router.get("/search", response_model=list[Scored])
def search(
    base: Base,
    query: Annotated[str, Query(min_length=1, pattern=r"\S", examples=["learning rate"])],
    k: Annotated[int, Query(ge=1, le=1000, description="how many passages")] = 10,
    tag: Annotated[tuple[str, ...], Query(max_length=100)] = (),
    folder: Annotated[tuple[str, ...], Query(max_length=100)] = (),
    rerank: Annotated[bool, Query(description="let the reader order the first few")] = True,
) -> Response:
    """Return the passages nearest to a question or a few words, best first."""
    return answered(base.search(query, k, Scope(tag, folder), rerank=rerank))


class _Gone(Exception):
    """Whoever asked does not wait any more."""


class _Stream:
    """Asks in a thread of its own, so that what it says can be sent while it works."""

    def __init__(self, base: KnowledgeBase, asked: AskRequest, metrics: Metrics) -> None:
        self._base, self._asked, self._metrics = base, asked, metrics
        self._said: SimpleQueue[ServerSentEvent | None] = SimpleQueue()
        self._gone = Event()

    def events(self) -> Iterator[ServerSentEvent]:
        thread = Thread(target=self._run, name="ask", daemon=True)
        thread.start()
        try:
            while (event := self._said.get()) is not None:
                yield event
        finally:
            self._gone.set()

    def _run(self) -> None:
        try:
            self._say("answer", dumps(to_json(self._ask())))
        except _Gone:
            pass
        except Exception as error:  # noqa: BLE001  a thread has nobody above it to tell
            self._say("problem", dumps(told(error).body()))
        finally:
            self._said.put(None)

    def _ask(self) -> Answer:
        answer = self._base.ask(
            self._asked.question,
            scope=Scope(self._asked.tags, self._asked.folders),
            earlier=self._asked.earlier,
            on_stage=self._stage,
        )
        self._metrics.answer(answer.kind)
        return answer

    def _stage(self, stage: str) -> None:
        if self._gone.is_set():
            raise _Gone
        self._say("stage", dumps({"stage": stage}))

    def _say(self, event: str, data: str) -> None:
        self._said.put(ServerSentEvent(event=event, raw_data=data))
