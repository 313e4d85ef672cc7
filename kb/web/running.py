"""Runs a server in this process until it is told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from kb.access.keys import KeyStore
from kb.access.person import Role
from kb.errors import AccessError, KbError
from kb.web.door import House
from kb.web.hosts import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from kb.config import Settings

# Requests at work get this long to end when the server is told to stop.
GRACE_SECONDS = 10
_BODY = 1024 * 1024


def house_of(
    settings: Settings, *, keyless: Role, open_paths: frozenset[str] = frozenset()
) -> House:
    """Return the rules of the door for the settings' address.

    Beyond this machine nobody comes in without a key. Where there are keys at the start they are
    needed until the end, even if all are removed meanwhile.

    :param keyless: what whoever is on this machine may do as long as there are no keys.
    :raises AccessError: if the address is beyond this machine and there are no keys.
    """
    keys = KeyStore(settings.data_folder)
    has_keys = bool(keys.all())
    if not has_keys and not is_loopback(settings.host):
        raise AccessError(
            f"{settings.host} is open to other machines: make a key first, `kb key add NAME`"
        )
    named = (name.strip().lower() for name in settings.allowed_hosts.split(","))
    # A note in JSON: every byte of it can be written as six.
    note = 6 * settings.max_note_bytes + _BODY
    return House(
        keys=keys,
        keyless=None if has_keys else keyless,
        names=frozenset({settings.host.lower(), *named} - {""}),
        per_minute=settings.requests_per_minute,
        most_bytes=lambda path: note if path.startswith(("/v1/notes/", "/mcp")) else _BODY,
        open_paths=open_paths,
    )


def run(app: ASGIApp, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve an app until SIGINT or SIGTERM; requests at work are ended first.

    :param port: 0 takes a free one.
    :param announce: told the address, "http://HOST:PORT", when it is listened on.
    :raises KbError: if it cannot be listened on.
    """
    import uvicorn

    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    # uvicorn raises the signal anew when it has ended; it has been obeyed then.
    before = {each: signal.signal(each, _obeyed) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        announce(f"http://{shown}:{listening.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        for each, handler in before.items():
            signal.signal(each, handler)


def _obeyed(_signal: int, _frame: FrameType | None) -> None:
    pass


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = error.strerror or str(error)
        raise KbError(f"cannot listen on {host}, port {port}: {reason}") from error
