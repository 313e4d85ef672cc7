"""Who uses a page: drawn once, asked by every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from kb.access.oidc import person_of
from kb.access.person import LOCAL, Person
from kb.pages import pieces
from kb.pages.entrance import entrance_of
from kb.pages.language import t
from kb.pages.login_page import LOGIN, LOGOUT

if TYPE_CHECKING:
    from kb.config import Settings


def person_here(settings: Settings) -> Person:
    """Return who uses this page; if nobody is let in, draw where to log in and end the run.

    :raises ConfigError: if nobody has to log in though others could reach the pages.
    """
    entrance = entrance_of(settings)
    if entrance.login == "none":
        return LOCAL
    if entrance.login == "oidc":
        return _from_provider(settings)
    session = entrance.sessions.read(st.context.cookies.get(entrance.sessions.cookie))
    if session is None:
        _turned_away(t("login_again"), f'<a href="{LOGIN}" target="_self">{t("login_button")}</a>')
    return session.person


def draw(person: Person) -> None:
    """Draw who is logged in, and the way out."""
    if not person.owner:
        return
    role = t(f"role_{person.role}")
    pieces.quiet(f"{person.name} · {role}" if person.name else role)
    if person.owner.startswith("session "):
        st.html(f'<a class="kb-quiet" href="{LOGOUT}" target="_self">{t("logout")}</a>')
    else:
        st.button(t("logout"), type="tertiary", key="logout", on_click=st.logout)


def _from_provider(settings: Settings) -> Person:
    if not st.user.get("is_logged_in"):
        st.title(t("app"), anchor=False)
        st.markdown(t("login_provider"))
        st.button(t("login_button"), type="primary", key="login", on_click=st.login)
        st.stop()
    found = person_of(st.user.to_dict(), settings)
    if found is None:
        st.button(t("logout"), key="logout", on_click=st.logout)
        _turned_away(t("login_stranger"))
    return found


def _turned_away(reason: str, link: str = "") -> NoReturn:
    st.info(reason)
    if link:
        st.html(link)
    st.stop()
