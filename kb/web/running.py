"""Runs a server in this process until it is told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from kb.access.hosts import Hosts
from kb.access.keys import KeyStore
from kb.access.login import is_loopback, login_of
from kb.access.person import LOCAL
from kb.errors import AccessError, KbError
from kb.web.door import House

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from kb.config import Settings

# Requests at work get this long to end when the server is told to stop.
GRACE_SECONDS = 10
_BODY = 1024 * 1024


def house_of(settings: Settings, *, open_paths: frozenset[str] = frozenset()) -> House:
    """Return the rules of the door for the settings' address.

    Whoever is on this machine is an editor, as with the pages, as long as nobody has to log in
    there and there are no keys. Where there are keys at the start they are needed until the end,
    even if all are removed meanwhile.

    :raises AccessError: if keys are needed and there are none.
    :raises ConfigError: if two ways of logging in are set.
    """
    keys = KeyStore(settings.data_folder)
    has_keys = bool(keys.all())
    reason = _needs_keys(settings)
    if reason and not has_keys:
        raise AccessError(f"{reason}: make a key for each program first, `kb key add NAME`")
    named = (name.strip().lower() for name in settings.allowed_hosts.split(","))
    # A note in JSON: every byte of it can be written as six.
    note = 6 * settings.max_note_bytes + _BODY
    return House(
        keys=keys,
        keyless=None if has_keys else LOCAL.role,
        hosts=Hosts(settings, named),
        per_minute=settings.requests_per_minute,
        most_bytes=lambda path: note if path.startswith(("/v1/notes/", "/mcp")) else _BODY,
        open_paths=open_paths,
    )


def _needs_keys(settings: Settings) -> str:
    """Say why nobody may come in without a key; nothing if somebody may."""
    if not is_loopback(settings.host):
        return f"host {settings.host} can be reached by others"
    return "" if login_of(settings) == "none" else "people have to log in to these notes"


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
