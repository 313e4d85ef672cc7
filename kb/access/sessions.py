"""Who logged in with a password, as a signed value in a cookie."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer

from kb.access.person import Person
from kb.access.private import session_key

if TYPE_CHECKING:
    from kb.access.passwords import Passwords
    from kb.access.person import Role

# A session in use goes on: it is renewed when it is this old.
RENEWED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who logged in.

    :param name: of the session, which nobody can guess; their chats are kept under it.
    :param signed_at: in UTC.
    """

    role: Role
    name: str
    signed_at: datetime

    @property
    def person(self) -> Person:
        """Who it is to the pages."""
        return Person(self.role, f"session {self.name}")


class Sessions:
    """Signs sessions and reads them again; a new password of a role ends the role's sessions."""

    def __init__(self, notes: Path, passwords: Passwords, days: int) -> None:
        """Take the folder that people log in to.

        :param days: until a session that is not used ends.
        """
        self.seconds = timedelta(days=days).total_seconds()
        # Cookies know no ports: bases on one machine need names of their own.
        self.cookie = f"kb_session_{sha256(str(notes.resolve()).encode()).hexdigest()[:8]}"
        self._notes = notes
        self._passwords = passwords
        self._ended: set[str] = set()

    def begin(self, role: Role, name: str = "") -> str:
        """Return the value of a cookie.

        :param name: of the session that goes on; a new one if empty.
        """
        return self._signer.dumps([role, name or secrets.token_urlsafe(16), self._mark(role)])

    def read(self, cookie: str | None) -> Session | None:
        """Return whose cookie it is; None if it is not ours, too old or ended."""
        if not cookie:
            return None
        try:
            (role, name, mark), signed_at = self._signer.loads(
                cookie, max_age=int(self.seconds), return_timestamp=True
            )
        except (BadData, ValueError, TypeError):
            return None
        if not mark or mark != self._mark(role) or name in self._ended:
            return None
        return Session(role, name, signed_at)

    def end(self, session: Session) -> None:
        """End a session in every window that is open."""
        self._ended.add(session.name)

    def is_old(self, session: Session) -> bool:
        """Say whether it is time to renew a session."""
        return datetime.now(UTC) - session.signed_at > RENEWED_AFTER

    @cached_property
    def _key(self) -> bytes:
        """Made when somebody logs in first: most bases ask for no login."""
        return session_key(self._notes)

    @cached_property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            [self._key], salt="kb session", signer_kwargs={"digest_method": sha256}
        )

    def _mark(self, role: Role) -> str:
        """Return what tells passwords apart without telling their hashes; "" if there is none."""
        hashed = self._passwords.mark(role)
        return digest(self._key, hashed.encode(), sha256).hex()[:16] if hashed else ""
