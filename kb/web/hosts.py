"""Which addresses are this machine's own, and which names a request may call it by."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from kb.web.problems import Problem


def is_loopback(host: str) -> bool:
    """Say whether only programs of this machine reach an address, by whatever name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)


def check_names(host: str | None, origin: str | None, allowed: frozenset[str]) -> None:
    """Refuse a request under a strange name, or from a page that another server sent.

    A page of another site can make a browser call this machine by a name of its own (DNS
    rebinding), never by an address.

    :param allowed: names that are allowed beside addresses and localhost.
    :raises Problem: 421 or 403.
    """
    name = _name(f"//{host}") if host else None
    if name is None or not (name in allowed or name == "localhost" or _is_address(name)):
        raise Problem(
            421, "host-unknown", "the Host header names another server: see KB_ALLOWED_HOSTS"
        )
    if origin is not None and origin.partition("://")[2] != host:
        raise Problem(403, "origin-refused", "pages of other sites may not call this server")


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
