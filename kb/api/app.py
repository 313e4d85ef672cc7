"""Puts the HTTP API together."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kb.api import asking, curating, notes, state
from kb.api.metrics import Counting, Counts
from kb.api.openapi import describe
from kb.knowledge import KnowledgeBase
from kb.web.background import Background
from kb.web.door import Door, House
from kb.web.package import running_version
from kb.web.problems import Problem

_DESCRIPTION = """
Ask a folder of Markdown notes; the answer is their exact words, with their place.

Offsets count code points of the note decoded as UTF-8: `source[start:end]` is the cited text.
What goes wrong is told as problem details (RFC 9457), `type` is `urn:notes-kb:NAME`.
"""


def create_app(base: KnowledgeBase, house: House) -> FastAPI:
    """Return the app over a base; it opens the models when it starts."""
    work = Background(base)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        with work:
            yield

    app = FastAPI(
        title="notes-kb",
        version=running_version(),
        summary="Ask a folder of Markdown notes.",
        description=_DESCRIPTION,
        lifespan=lifespan,
        # Its pages load scripts from another server; `describe` serves the schema.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers={HTTPException: _http_problem, RequestValidationError: _invalid},
    )
    app.state.base, app.state.background, app.state.counts = base, work, Counts()
    for part in (asking, notes, curating, state):
        app.include_router(part.router)
    describe(app, house.open_paths)
    app.add_middleware(Door, house=house)
    app.add_middleware(Counting, counts=app.state.counts)
    return app


async def _http_problem(_request: Request, error: Exception) -> Response:
    """Tell what the framework refuses: an unknown path or method, a body that is not JSON."""
    assert isinstance(error, HTTPException)
    name = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "bad-request")
    problem = Problem(error.status_code, name, str(error.detail), error.headers or {})
    return problem.response()


async def _invalid(_request: Request, error: Exception) -> Response:
    """Tell the first thing that is wrong with a request, never its content."""
    assert isinstance(error, RequestValidationError)
    first, *more = error.errors()
    place = ".".join(str(part) for part in first["loc"])
    rest = f" (and {len(more)} more)" if more else ""
    return Problem(422, "invalid-request", f"{place}: {first['msg']}{rest}").response()
