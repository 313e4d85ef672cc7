"""The form that asks for the shared password: plain HTML, so that strangers meet nothing else."""

from __future__ import annotations

from functools import partial
from html import escape
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kb.access.passwords import MAX_CHARS
from kb.errors import AccessError
from kb.pages.strings import LANGUAGES, Language, translate

if TYPE_CHECKING:
    from starlette.requests import Request

    from kb.access.sessions import Sessions
    from kb.config import Settings
    from kb.pages.entrance import Entrance

LOGIN = "/login"
LOGOUT = "/logout"
_MAX_BODY = 16_384
_STYLE = """
:root { color-scheme: light dark; --line: #2f6f4f }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; display: grid; min-height: 100vh;
  place-items: center }
main { width: min(22rem, calc(100vw - 3rem)) }
h1 { font-size: 1.6rem; margin: 0 0 .5rem }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .75rem;
  border-radius: .5rem; border: 1px solid #8888; margin-top: .4rem }
button { background: var(--line); border-color: var(--line); color: #fff; margin-top: 1rem }
input:focus-visible, button:focus-visible { outline: 3px solid #6fb691; outline-offset: 1px }
[role=alert] { border-left: .25rem solid #c0392b; padding-left: .75rem }
"""
_FORM = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{app}</title>
<meta name="viewport" content="width=device-width"><style>{style}</style></head>
<body><main><h1>{app}</h1><p>{login_title}</p>{alert}<form method="post" action="{action}">
<input type="hidden" name="next" value="{after}">
<label for="password">{login_password}</label>
<input id="password" name="password" type="password" required autofocus maxlength="{limit}"
 autocomplete="current-password"><button>{login_button}</button></form></main></body></html>
"""


def routes(entrance: Entrance, settings: Settings) -> list[Route]:
    """Return where one logs in with a password, and out."""
    given = {"entrance": entrance, "settings": settings}
    return [
        Route(LOGIN, partial(_show, **given), methods=["GET"]),
        Route(LOGIN, partial(_enter, **given), methods=["POST"]),
        Route(LOGOUT, partial(_leave, **given), methods=["GET"]),
    ]


def cookie_header(sessions: Sessions, value: str, settings: Settings) -> str:
    """Return the header that gives a browser the cookie of a session, or with "" takes it away."""
    cookie: SimpleCookie = SimpleCookie({sessions.cookie: value})
    morsel = cookie[sessions.cookie]
    morsel["path"] = "/"
    morsel["httponly"] = True
    morsel["samesite"] = "Lax"
    morsel["max-age"] = int(sessions.seconds) if value else 0
    if (settings.public_url or "").startswith("https:"):
        morsel["secure"] = True
    return morsel.OutputString()


async def _show(request: Request, *, entrance: Entrance, settings: Settings) -> Response:
    session = entrance.sessions.read(request.cookies.get(entrance.sessions.cookie))
    if session is not None:
        return RedirectResponse(_next(request.query_params.get("next")), 303)
    return _page(request, settings, request.query_params.get("next"))


async def _enter(request: Request, *, entrance: Entrance, settings: Settings) -> Response:
    form = await _form(request)
    address = request.client.host if request.client else ""
    wait = entrance.attempts.begin(address)
    if wait:
        return _page(request, settings, form.get("next"), ("login_wait", wait))
    try:
        role = await run_in_threadpool(entrance.passwords.role_of, form.get("password", ""))
    except AccessError:
        role = None
    if role is None:
        return _page(request, settings, form.get("next"), ("login_wrong", 0))
    entrance.attempts.succeed(address)
    response = RedirectResponse(_next(form.get("next")), 303)
    cookie = cookie_header(entrance.sessions, entrance.sessions.begin(role), settings)
    response.headers.append("set-cookie", cookie)
    return response


async def _leave(request: Request, *, entrance: Entrance, settings: Settings) -> Response:
    response = RedirectResponse(LOGIN, 303)
    # A link or picture on another site must not log people out.
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return response
    session = entrance.sessions.read(request.cookies.get(entrance.sessions.cookie))
    if session is not None:
        entrance.sessions.end(session)
    response.headers.append("set-cookie", cookie_header(entrance.sessions, "", settings))
    return response


async def _form(request: Request) -> dict[str, str]:
    """Read the fields of the form; nothing of a body that no form of ours has."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def _page(
    request: Request,
    settings: Settings,
    after: str | None,
    problem: tuple[str, float] = ("", 0.0),
) -> Response:
    """Return the form.

    :param problem: the key of what is said about the last attempt, and the seconds to wait.
    """
    language = _language(request, settings)
    key, wait = problem
    said = translate(key, language, minutes=max(1, round(wait / 60))) if key else ""
    words = {
        name: escape(translate(name, language))
        for name in ("app", "login_title", "login_password", "login_button")
    }
    html = _FORM.format(
        language=language,
        style=_STYLE,
        alert=f'<p role="alert">{escape(said)}</p>' if said else "",
        action=LOGIN,
        after=escape(_next(after)),
        limit=MAX_CHARS,
        **words,
    )
    headers = {"cache-control": "no-store"}
    if wait:
        headers["retry-after"] = str(int(wait) + 1)
    return HTMLResponse(html, 429 if wait else 401 if key else 200, headers)


def _next(address: str | None) -> str:
    """Return a place on this server, never another one."""
    given = address or "/"
    is_here = given.startswith("/") and given[1:2] not in ("/", "\\")
    return given if is_here and given.isprintable() and not given.startswith(LOGIN) else "/"


def _language(request: Request, settings: Settings) -> Language:
    named = request.query_params.get("lang") or settings.language
    if named in LANGUAGES:
        return named
    wanted = request.headers.get("accept-language", "").lower()
    return "zh" if wanted.startswith("zh") else "en"
