"""What a language model can call: ask, search, read_note and, where it may write, add_note."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from kb.access.guard import guarded
from kb.access.person import LOCAL, Person
from kb.answer import Scored, to_json
from kb.api.schema import AnswerBody
from kb.errors import LockedError
from kb.knowledge import KnowledgeBase
from kb.mcp import telling
from kb.web.background import Background
from kb.web.door import caller_of
from kb.web.problems import told
from retrieval.scope import Scope

# So long an indexing waits for another one to end.
_PATIENCE_SECONDS = 30.0
_STAGES = ("searching", "reading", "answering")

Call = Context[Any, Any]
Tags = Annotated[tuple[str, ...], Field(description="only notes with one of these tags")]
Folders = Annotated[tuple[str, ...], Field(description="only notes in or below these folders")]
Earlier = Annotated[
    tuple[str, ...], Field(description="the chat's questions before this one, oldest first")
]


class Passages(BaseModel):
    """Passages that were found, best first."""

    passages: list[Scored]


class NoteText(BaseModel):
    """A part of a note as it stands on disk.

    ``source`` is what stands from ``start`` to ``end`` of ``length`` code points.
    """

    path: str
    title: str
    tags: list[str]
    version: str
    source: str
    start: int
    end: int
    length: int


class Added(BaseModel):
    """Where a note was written; what is not ``indexed`` yet will be soon."""

    path: str
    indexed: bool


class Tools:
    """The tools over one base."""

    def __init__(self, base: KnowledgeBase, work: Background) -> None:
        self._base = base
        self._work = work

    async def ask(
        self,
        question: str,
        ctx: Call,
        tags: Tags = (),
        folders: Folders = (),
        earlier: Earlier = (),
    ) -> Annotated[CallToolResult, AnswerBody]:
        """Answer a question with the exact words of the notes, or say that they hold no answer.

        Quote the answer as it is and name its note. Where the notes do not answer, say so: the
        nearest passages are given, and need not answer. English and Chinese.
        """

        def tell(stage: str) -> None:
            done = _STAGES.index(stage)
            anyio.from_thread.run(ctx.report_progress, done, len(_STAGES), stage)

        def asked() -> CallToolResult:
            with _telling():
                scope = Scope(tags, folders)
                found = _of(self._base, ctx).ask(
                    question, scope=scope, earlier=earlier, on_stage=tell
                )
                return CallToolResult(
                    content=telling.answer(found), structured_content=to_json(found)
                )

        return await anyio.to_thread.run_sync(asked)

    def search(
        self,
        query: str,
        ctx: Call,
        k: Annotated[int, Field(ge=1, le=100, description="how many passages")] = 10,
        tags: Tags = (),
        folders: Folders = (),
    ) -> Annotated[CallToolResult, Passages]:
        """Find the passages of the notes nearest to a question or a few words, best first."""
        with _telling():
            found = _of(self._base, ctx).search(query, k, Scope(tags, folders))
            return CallToolResult(
                content=telling.passages(found),
                structured_content={"passages": [asdict(each) for each in found]},
            )

    def read_note(
        self,
        path: Annotated[str, Field(description="as an answer or a search names it")],
        ctx: Call,
        start: Annotated[int, Field(ge=0)] = 0,
        end: Annotated[int | None, Field(ge=0, description="None: to the end")] = None,
    ) -> Annotated[CallToolResult, NoteText]:
        """Read a note, or the part of it from one code point to another."""
        with _telling():
            note = _of(self._base, ctx).read_note(path)
            length = len(note.source)
            low = min(start, length)
            high = max(low, length if end is None else min(end, length))
            part = note.source[low:high]
            body = NoteText(
                path=note.path,
                title=note.title,
                tags=list(note.tags),
                version=note.version,
                source=part,
                start=low,
                end=high,
                length=length,
            )
            return CallToolResult(
                content=[TextContent(text=part)], structured_content=body.model_dump()
            )

    def add_note(
        self,
        path: Annotated[str, Field(description="in the notes folder, such as training/adam.md")],
        source: Annotated[str, Field(description="Markdown")],
        ctx: Call,
    ) -> Added:
        """Write a new note; one that is there is never replaced."""
        with _telling():
            base = _of(self._base, ctx)
            written = base.add_note(path, source)
            try:
                base.index(timeout=_PATIENCE_SECONDS)
            except LockedError:
                # Whoever is indexing may have passed the note already.
                self._work.index()
                return Added(path=written, indexed=False)
            return Added(path=written, indexed=True)


def _of(base: KnowledgeBase, ctx: Call) -> KnowledgeBase:
    """Return the base as whoever calls may use it."""
    request = ctx.request_context.request
    caller: Person = LOCAL if request is None else caller_of(request.scope)
    return guarded(base, caller)


@contextmanager
def _telling() -> Generator[None]:
    """Tell every error to the model in one line."""
    try:
        yield
    except Exception as error:
        raise ToolError(told(error).detail) from error
