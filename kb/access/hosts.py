"""Under which names a server of ours answers, and to which sites' requests."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb.access.login import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kb.config import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Hosts:
    """The names of a server.

    Another site cannot reach it under a name that it makes lead here (DNS rebinding), nor send
    requests that a browser marks as that site's.
    """

    def __init__(self, settings: Settings, others: Iterable[str] = ()) -> None:
        """Take the names that the settings give, and others."""
        self._is_open = not is_loopback(settings.host)
        self._public = settings.public_url
        names = {*LOOPBACK, settings.host.strip("[]").lower(), _name_of(f"{self._public or ''}")}
        if self._is_open:
            names |= {socket.gethostname().lower()}
        self._names = {*names, *others} - {""}

    def allows(self, host: str | None) -> bool:
        """Say whether a request's Host header names this server.

        Where it is open to others, any number will do: only a name can be made to lead elsewhere.
        """
        name = _name_of(f"//{host or ''}")
        return name in self._names or (self._is_open and _is_number(name))

    def is_own(self, origin: str | None, host: str | None) -> bool:
        """Say whether a request comes from these pages, or from no page at all."""
        if origin is None:
            return True
        try:
            place = urlsplit(origin).netloc.lower()
        except ValueError:
            return False
        return bool(place) and (place == (host or "").lower() or origin.lower() == self._public)


def _name_of(url: str) -> str:
    """Return the host that an address names; "" if that is not all it says, or it makes no sense.

    :param url: a whole one, or a Host header behind ``//``.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return ""
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return ""
    return (parts.hostname or "").rstrip(".")


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
