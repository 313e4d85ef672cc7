"""Which way of logging in a base asks for, and where it may be served without one."""

from __future__ import annotations

from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from kb.access.passwords import Passwords
from kb.errors import ConfigError

if TYPE_CHECKING:
    from kb.config import Settings

Login = Literal["none", "password", "oidc"]


def login_of(settings: Settings) -> Login:
    """Return how people log in.

    :raises ConfigError: if two ways are set, or what one needs is not installed.
    """
    has_password = bool(Passwords(settings.data_folder).roles())
    if settings.has_oidc and has_password:
        raise ConfigError(
            "both OpenID Connect and passwords are set: unset oidc_metadata_url, or run"
            " `kb password --remove` for each role"
        )
    if settings.has_oidc and not (find_spec("authlib") and find_spec("httpx")):
        raise ConfigError("OpenID Connect needs two packages: pip install 'notes-kb[login]'")
    return "oidc" if settings.has_oidc else "password" if has_password else "none"


def checked_login(settings: Settings) -> Login:
    """Return how people log in to pages that are about to be served.

    :raises ConfigError: if others could reach them and nobody has to.
    """
    login = login_of(settings)
    if login != "none":
        return login
    if not is_loopback(settings.host):
        raise ConfigError(
            f"host {settings.host} can be reached by others, and nobody has to log in: set a"
            " password with `kb password`, or an OpenID Connect provider (docs/sharing.md)"
        )
    if settings.public_url and not is_loopback(urlsplit(settings.public_url).hostname or ""):
        raise ConfigError(
            f"public_url {settings.public_url} can be reached by others, and nobody has to log in:"
            " set a password with `kb password`, or an OpenID Connect provider (docs/sharing.md)"
        )
    return login


def unencrypted(settings: Settings) -> bool:
    """Say whether people reach the pages over a network without TLS, as far as is known."""
    is_https = (settings.public_url or "").startswith("https:")
    return not is_https and not is_loopback(settings.host)


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    name = host.strip("[]").lower()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
