"""What every part of the API takes from the app, and how it answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from kb.access.guard import guarded
from kb.access.person import Person
from kb.jsontext import dumps
from kb.knowledge import KnowledgeBase
from kb.web.background import Background
from kb.web.door import caller_of, demand_editor


def _base(request: Request) -> KnowledgeBase:
    return guarded(request.app.state.base, caller_of(request.scope))


def _background(request: Request) -> Background:
    return request.app.state.background


def _caller(request: Request) -> Person:
    return caller_of(request.scope)


def _editor(caller: Annotated[Person, Depends(_caller)]) -> Person:
    demand_editor(caller)
    return caller


Base = Annotated[KnowledgeBase, Depends(_base)]
Work = Annotated[Background, Depends(_background)]
Reader = Annotated[Person, Depends(_caller)]
Editor = Annotated[Person, Depends(_editor)]


def answered(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a response with a value as the command line prints it."""
    return Response(dumps(value), status, headers, "application/json")
