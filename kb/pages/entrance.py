"""How people come in to the pages that this process serves; decided once, when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kb.access.attempts import Attempts
from kb.access.hosts import Hosts
from kb.access.login import Login, checked_login
from kb.access.passwords import Passwords
from kb.access.sessions import Sessions

if TYPE_CHECKING:
    from kb.config import Settings


@dataclass(frozen=True, slots=True)
class Entrance:
    """What asks people who they are."""

    login: Login
    hosts: Hosts
    passwords: Passwords
    sessions: Sessions
    attempts: Attempts


_ENTRANCES: dict[Path, Entrance] = {}


def entrance_of(settings: Settings) -> Entrance:
    """Return the entrance of a folder, the same one for the server and for every page.

    :raises ConfigError: if others could reach the pages and nobody has to log in.
    """
    known = _ENTRANCES.get(settings.notes)
    return known or _ENTRANCES.setdefault(settings.notes, _make(settings))


def _make(settings: Settings) -> Entrance:
    passwords = Passwords(settings.data_folder)
    return Entrance(
        login=checked_login(settings),
        hosts=Hosts(settings),
        passwords=passwords,
        sessions=Sessions(settings.notes, passwords, settings.login_days),
        attempts=Attempts(),
    )
