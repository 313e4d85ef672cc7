"""Puts together what is served: headers, gate, login and the secrets of a provider."""

from __future__ import annotations

import os
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from kb.access.oidc import streamlit_secrets
from kb.config import Settings
from kb.errors import KbError
from kb.pages import login_page
from kb.pages.entrance import entrance_of
from kb.pages.gate import Gate
from kb.pages.security import SecurityHeaders


def parts() -> dict[str, Any]:
    """Return what `st.App` takes; ends the process where the pages may not be served."""
    # What Streamlit listens on is what counts, whoever started it; unset, it is everything.
    os.environ["KB_HOST"] = str(st.get_option("server.address") or "0.0.0.0")
    try:
        settings = Settings.load()
        entrance = entrance_of(settings)
    except KbError as error:
        raise SystemExit(f"kb: {error}") from error
    return {
        "middleware": [Middleware(SecurityHeaders), Middleware(Gate, entrance, settings)],
        "routes": login_page.routes(entrance, settings) if entrance.login == "password" else [],
        "secrets": streamlit_secrets(settings, int(st.get_option("server.port"))),
    }
