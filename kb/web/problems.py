"""What went wrong, as RFC 9457 has it: a status, a name, and one line of reason."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from kb import errors
from qa.errors import QaError
from retrieval.errors import RetrievalError

MEDIA_TYPE = "application/problem+json"
OUR_ERRORS = (errors.KbError, QaError, RetrievalError)

# The nearest class in an error's ancestry decides.
_STATUS: dict[type[Exception], int] = {
    errors.QuestionError: 422,
    errors.VaultError: 422,
    errors.NoteChanged: 412,
    errors.LockedError: 409,
    errors.CatalogError: 503,
    errors.HistoryError: 503,
    errors.AccessError: 503,
    errors.NotAllowed: 403,
    errors.KbError: 500,
    QaError: 503,
    RetrievalError: 503,
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Problem(Exception):
    """A request that is not served, and why.

    :param name: what a program tells it by; its ``type`` is ``urn:notes-kb:NAME``.
    :param detail: one line for a person.
    :param more: further members.
    """

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail
        self.headers = headers or {}
        self.more = more or {}

    def body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {
            "type": f"urn:notes-kb:{self.name}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": " ".join(self.detail.split()),
            **self.more,
        }

    def response(self) -> Response:
        """Return the response that tells it."""
        content = json.dumps(self.body(), ensure_ascii=False).encode("utf-8", "replace")
        return Response(content, self.status, dict(self.headers), MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """Return the problem that one of our own errors is."""
    kind = type(error)
    if isinstance(error, errors.NoteError):
        return _note_problem(error)
    status = next(_STATUS[each] for each in kind.__mro__ if each in _STATUS)
    headers = {"retry-after": "5"} if status in (409, 503) else {}
    more = {"version": error.version} if isinstance(error, errors.NoteChanged) else {}
    return Problem(status, _CAMEL.sub("-", kind.__name__).lower(), str(error), headers, more)


def told(error: Exception) -> Problem:
    """Return the problem that an error is; one that nobody foresaw is logged in a line."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OUR_ERRORS):
        return problem_of(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    reason = " ".join(str(error).split())[:300]
    where = f"{place.filename}:{place.lineno}"
    sys.stderr.write(f"kb: internal error: {type(error).__name__}: {reason} ({where})\n")
    return Problem(500, "internal-error", "something went wrong here: see the server's log")


def _note_problem(error: errors.NoteError) -> Problem:
    """Tell a note that is not there from one that is, and is no text."""
    if isinstance(error.__cause__, UnicodeDecodeError | PermissionError):
        return Problem(422, "note-unreadable", str(error))
    return Problem(404, "note-missing", str(error))
