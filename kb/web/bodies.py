"""Takes in the body of a request, as far as it may go."""

from __future__ import annotations

import anyio
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from kb.web.problems import Problem

# A body that takes longer is not coming; the server has better to do than wait for it.
PATIENCE_SECONDS = 30.0


async def taken_in(scope: Scope, receive: Receive, limit: int) -> Receive:
    """Read the body and return a ``receive`` that gives it again.

    :param limit: the largest body, in bytes.
    :raises Problem: 413 if it is larger, before it is read where it says so; 408 if it stalls.
    """
    declared = Headers(scope=scope).get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    messages: list[Message] = []
    size = 0
    more = True
    with anyio.move_on_after(PATIENCE_SECONDS) as patience:
        while more:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > limit:
                raise _too_large(limit)
            more = message["type"] == "http.request" and message.get("more_body", False)
    if patience.cancelled_caught:
        raise Problem(408, "body-stalled", "the body of the request did not arrive", _CLOSE)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again


_CLOSE = {"connection": "close"}


def _too_large(limit: int) -> Problem:
    return Problem(413, "body-too-large", f"the body is larger than {limit:,} bytes", _CLOSE)
