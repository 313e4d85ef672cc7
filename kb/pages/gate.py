"""Stands before everything that is served: turns away strangers, and requests of other sites."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from streamlit.web.server.server_util import AUTH_COOKIE_NAME, get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from kb.pages.login_page import LOGIN, cookie_header

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from kb.access.sessions import Session
    from kb.config import Settings
    from kb.pages.entrance import Entrance

# What a stranger may open where there is a password: the form, and what says that the server runs.
_FOR_STRANGERS = (LOGIN, "/_stcore/health")
# With OpenID Connect, Streamlit's page leads to the provider; files wait until after that.
_FOR_KNOWN = ("/_stcore/upload_file", "/media")


class Gate:
    """Passes on the requests of people who may make them."""

    def __init__(self, app: ASGIApp, entrance: Entrance, settings: Settings) -> None:
        self._app = app
        self._entrance = entrance
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, receive, self._renewing(scope, headers, send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to a request that is not passed on."""
        host = headers.get("host")
        if not self._entrance.hosts.allows(host):
            return PlainTextResponse(
                "These pages are not served under this name: set KB_PUBLIC_URL to their address.",
                403,
            )
        if not self._entrance.hosts.is_own(headers.get("origin"), host):
            return PlainTextResponse("Another site may not use these pages.", 403)
        if self._lets_in(scope["path"], headers):
            return None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _wants_page(headers):
            return RedirectResponse(f"{LOGIN}?next={quote(_address(scope))}", 303)
        return PlainTextResponse("Log in first.", 401)

    def _lets_in(self, path: str, headers: Headers) -> bool:
        if self._entrance.login == "password":
            return path in _FOR_STRANGERS or self._session(headers) is not None
        if self._entrance.login == "oidc" and path.startswith(_FOR_KNOWN):
            return _is_signed(_cookie(headers, AUTH_COOKIE_NAME))
        return True

    def _session(self, headers: Headers) -> Session | None:
        sessions = self._entrance.sessions
        return sessions.read(_cookie(headers, sessions.cookie))

    def _renewing(self, scope: Scope, headers: Headers, send: Send) -> Send:
        """Return what sends the response, with a new cookie if the session is in use and old."""
        if self._entrance.login != "password" or scope["type"] != "http":
            return send
        session, sessions = self._session(headers), self._entrance.sessions
        if not _wants_page(headers) or session is None or not sessions.is_old(session):
            return send
        cookie = cookie_header(sessions, sessions.begin(session.role, session.name), self._settings)

        async def send_renewed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        return send_renewed


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie("; ".join(headers.getlist("cookie"))).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _is_signed(cookie: str | None) -> bool:
    """Say whether Streamlit signed a cookie after a login."""
    if cookie is None:
        return False
    try:
        signed = cookie.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return decode_signed_value(get_cookie_secret(), AUTH_COOKIE_NAME, signed) is not None


def _wants_page(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def _address(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else scope["path"]
