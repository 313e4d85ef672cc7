"""Lets a request in: by its names, its key, how many there are, and how large it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.access.hosts import Hosts
from kb.access.keys import KeyStore
from kb.access.person import Person, Role
from kb.errors import NotAllowed
from kb.web.bodies import taken_in
from kb.web.problems import Problem, told
from kb.web.rates import RateLimit

CALLER = "kb.caller"
# Requests at work or waiting for a thread; more only make each other wait.
MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class House:
    """The rules of the door.

    :param keyless: what a caller without a key may do as long as there are no keys; None:
        nothing.
    :param hosts: what the server may be called.
    :param per_minute: requests a minute of one caller; 0: no limit.
    :param most_bytes: the largest body, by path.
    :param open_paths: what needs no key.
    """

    keys: KeyStore
    keyless: Role | None
    hosts: Hosts
    per_minute: int
    most_bytes: Callable[[str], int]
    open_paths: frozenset[str] = frozenset()


class Door:
    """ASGI middleware; the app finds who calls in the scope under ``CALLER``."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house
        self._rates = RateLimit(house.per_minute)
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or tell why not."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._served(scope, receive, noting)
        except Exception as error:  # noqa: BLE001  the last place that can tell it in one line
            problem = told(error)
            if not started:
                await problem.response()(scope, receive, send)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        self._check_names(headers.get("host"), headers.get("origin"))
        if scope["path"] in self._house.open_paths:
            await self._app(scope, receive, send)
            return
        scope[CALLER] = self._caller(headers, scope)
        body = await taken_in(scope, receive, self._house.most_bytes(scope["path"]))
        if self._inside >= MOST_AT_ONCE:
            raise Problem(503, "busy", "too many requests at once", {"retry-after": "1"})
        self._inside += 1
        try:
            await self._app(scope, body, send)
        finally:
            self._inside -= 1

    def _check_names(self, host: str | None, origin: str | None) -> None:
        hosts = self._house.hosts
        if not hosts.allows(host):
            detail = "the Host header names another server: see KB_ALLOWED_HOSTS"
            raise Problem(421, "host-unknown", detail)
        if not hosts.is_own(origin, host):
            raise Problem(403, "origin-refused", "pages of other sites may not call this server")

    def _caller(self, headers: Headers, scope: Scope) -> Person:
        keys = self._house.keys
        if self._house.keyless and not keys.all():
            self._count(f"address {_address(scope)}")
            return Person(self._house.keyless, name=_address(scope))
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        found = keys.find(secret.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            self._count(f"stranger {_address(scope)}")
            raise Problem(
                401,
                "key-needed",
                "this needs a key that holds: Authorization: Bearer KEY, made by `kb key add`",
                {"www-authenticate": 'Bearer realm="notes-kb"'},
            )
        self._count(f"key {found.name}")
        return Person(found.role, owner=f"key {found.name}", name=found.name)

    def _count(self, caller: str) -> None:
        wait = self._rates.wait_seconds(caller)
        if wait:
            seconds = math.ceil(wait)
            detail = f"more than {self._house.per_minute} requests a minute: wait {seconds} s"
            raise Problem(429, "too-many-requests", detail, {"retry-after": str(seconds)})


def caller_of(scope: Scope) -> Person:
    """Return who calls."""
    return scope[CALLER]


def demand_editor(caller: Person) -> None:
    """Go on if a caller may write.

    :raises NotAllowed: if not.
    """
    if not caller.may_write:
        raise NotAllowed("this needs a key with the role editor: see `kb key add --role editor`")


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
