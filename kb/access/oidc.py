"""What the claims of an OpenID Connect provider mean here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from kb.access.person import Person
from kb.access.private import session_key

if TYPE_CHECKING:
    from kb.access.person import Role
    from kb.config import Settings

EVERYBODY = "*"
_DAY_SECONDS = 86_400


def person_of(claims: Mapping[str, Any], settings: Settings) -> Person | None:
    """Return who a provider says it is; None if they are not let in, or logged in too long ago."""
    issued = claims.get("iat")
    if not isinstance(issued, (int, float)) or _is_older(issued, settings.login_days):
        return None
    role = _role(_values(claims, settings.oidc_claim), settings)
    subject = claims.get("sub")
    if role is None or not subject:
        return None
    name = claims.get("name") or claims.get("email") or subject
    return Person(role, f"oidc {claims.get('iss', '')} {subject}", str(name))


def streamlit_secrets(settings: Settings, port: int) -> dict[str, Any]:
    """Return the settings as ``st.login`` takes them; they are handed over in memory only."""
    if settings.oidc_client_secret is None:
        return {}
    return {
        "auth": {
            "redirect_uri": f"{public_url(settings, port)}/oauth2callback",
            "cookie_secret": session_key(settings.notes).hex(),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": settings.oidc_metadata_url,
            "client_kwargs": {"scope": settings.oidc_scope},
        }
    }


def public_url(settings: Settings, port: int) -> str:
    """Return the address that people open."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url or f"http://{host}:{port}"


def _is_older(issued: float, days: int) -> bool:
    return time.time() - issued > days * _DAY_SECONDS


def _values(claims: Mapping[str, Any], claim: str) -> set[str]:
    """Return the values of a claim; an address that was not verified is anybody's."""
    if claim == "email" and claims.get("email_verified") is not True:
        return set()
    found = claims.get(claim)
    values = cast("list[object]", found) if isinstance(found, list) else [found]
    return {each.casefold() for each in values if isinstance(each, str) and each}


def _role(values: set[str], settings: Settings) -> Role | None:
    if values & {name.casefold() for name in settings.editors}:
        return "editor"
    readers = {name.casefold() for name in settings.readers}
    return "reader" if values & readers or EVERYBODY in readers else None
