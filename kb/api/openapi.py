"""Describes what every operation shares: its problems, and the key it needs."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.routing import Route

from kb.api.schema import ProblemBody
from kb.web.problems import MEDIA_TYPE

_EVERY = (400, 408, 413, 421, 422, 429, 500, 503)
_MEANING = {
    400: "The request is not HTTP or JSON.",
    401: "A key is needed.",
    403: "The key's role is too low, or a page of another site calls.",
    404: "There is no such note.",
    408: "The body did not arrive.",
    409: "Another process is at it: try again.",
    412: "Another version is there.",
    413: "The body is too large.",
    421: "The Host header names another server.",
    422: "What was sent cannot be taken.",
    428: "If-Match is needed to write over a note.",
    429: "Too many requests: see Retry-After.",
    500: "Something went wrong here.",
    503: "Not now: see the detail.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Name the problems of an operation that not every one has."""
    return {status: {"description": _MEANING[status]} for status in statuses}


def describe(app: FastAPI, open_paths: frozenset[str]) -> None:
    """Serve the schema of an app under ``/openapi.json``.

    :param open_paths: what needs no key.
    """

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app, open_paths)
        return app.openapi_schema

    async def served(_request: object) -> JSONResponse:
        return JSONResponse(described())

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to change it
    app.router.routes.append(Route("/openapi.json", served))


def _schema(app: FastAPI, open_paths: frozenset[str]) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
    )
    parts = schema["components"]
    parts["schemas"]["Problem"] = ProblemBody.model_json_schema()
    parts["responses"] = {
        f"Problem{status}": {
            "description": meaning,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, meaning in _MEANING.items()
    }
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "made by `kb key add`"}
    }
    for unused in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(unused, None)
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            _complete(operation, needs_key=path not in open_paths)
    return schema


def _complete(operation: dict[str, Any], *, needs_key: bool) -> None:
    named = {int(status) for status in operation["responses"] if int(status) >= 400}
    shared = {*_EVERY, 401, 403} if needs_key else {403, 421, 500, 503}
    for status in sorted(named | shared):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    if needs_key:
        operation["security"] = [{"key": []}]
