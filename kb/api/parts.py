"""What every part of the API takes from the app, and how it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request, Response

from kb.api.background import Background
from kb.jsontext import dumps
from kb.knowledge import KnowledgeBase
from kb.web.door import Caller, caller_of, demand
from retrieval.scope import Scope


def _base(request: Request) -> KnowledgeBase:
    return request.app.state.base


def _background(request: Request) -> Background:
    return request.app.state.background


def _caller(request: Request) -> Caller:
    return caller_of(request.scope)


def _editor(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
    demand(caller, "editor")
    return caller


Base = Annotated[KnowledgeBase, Depends(_base)]
Work = Annotated[Background, Depends(_background)]
Reader = Annotated[Caller, Depends(_caller)]
Editor = Annotated[Caller, Depends(_editor)]


def answered(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a response with a value as the command line prints it."""
    return Response(dumps(value), status, headers, "application/json")


def scope_of(tags: Sequence[str], folders: Sequence[str]) -> Scope:
    """Return the notes that tags and folders leave."""
    return Scope(tuple(tag.lstrip("#").lower() for tag in tags), tuple(folders))
