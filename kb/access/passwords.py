"""Shared passwords of readers and editors, kept as scrypt hashes."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import unicodedata
from dataclasses import asdict, dataclass
from hashlib import scrypt
from pathlib import Path
from typing import Any

from kb.access.person import ROLES, Role
from kb.access.private import remove_private, write_private
from kb.errors import AccessError

PASSWORD_FILE = "passwords.json"
COST = 2**16
MIN_CHARS = 10
MAX_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Hash:
    """A salted scrypt hash; ``n``, ``r`` and ``p`` are the costs of RFC 7914.

    :param salt: in hexadecimal, as ``digest``.
    """

    n: int
    r: int
    p: int
    salt: str
    digest: str

    @classmethod
    def of(cls, password: str) -> Hash:
        """Hash a password at today's costs: 64 MiB and a fraction of a second."""
        salt = secrets.token_hex(16)
        return cls(COST, 8, 1, salt, _scrypt(password, salt, n=COST, r=8, p=1).hex())

    def fits(self, password: str) -> bool:
        """Say whether it is of this password, in a time that tells nothing."""
        found = _scrypt(password, self.salt, n=self.n, r=self.r, p=self.p)
        return hmac.compare_digest(found, bytes.fromhex(self.digest))


class Passwords:
    """The passwords of a notes folder; thread-safe, and changes of the file are noticed."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that the file lies in; it is made with the first password."""
        self.path = folder / PASSWORD_FILE
        # One at a time: each needs its 64 MiB.
        self._hashing = threading.Lock()

    def roles(self) -> list[Role]:
        """Return whose password is set."""
        return list(self._hashes())

    def mark(self, role: Role) -> str:
        """Return what changes whenever the role's password does; "" if it has none."""
        found = self._hashes().get(role)
        return found.digest if found else ""

    def role_of(self, password: str) -> Role | None:
        """Return whose password this is; all are tried, so that the time tells nothing."""
        with self._hashing:
            found: list[Role] = [
                role for role, each in self._hashes().items() if each.fits(password)
            ]
        return found[0] if found else None

    def set(self, role: Role, password: str) -> None:
        """Set or change a role's password, which ends the sessions of the one before.

        :raises AccessError: if it is too short or long, or the other role's.
        """
        if not MIN_CHARS <= len(password) <= MAX_CHARS:
            raise AccessError(
                f"the password has {len(password)} characters:"
                f" take at least {MIN_CHARS} and at most {MAX_CHARS}"
            )
        if self.role_of(password) not in (None, role):
            raise AccessError("this is the other role's password: choose another")
        self._write({**self._hashes(), role: Hash.of(password)})

    def remove(self, role: Role) -> bool:
        """Remove a role's password; False if it has none."""
        hashes = self._hashes()
        if role not in hashes:
            return False
        del hashes[role]
        self._write(hashes)
        return True

    def _write(self, hashes: dict[Role, Hash]) -> None:
        if not hashes:
            remove_private(self.path)
            return
        write_private(self.path, json.dumps({role: asdict(each) for role, each in hashes.items()}))

    def _hashes(self) -> dict[Role, Hash]:
        try:
            loaded: dict[str, dict[str, Any]] = dict(json.loads(self.path.read_text("utf-8")))
            if not loaded or not loaded.keys() <= set(ROLES):
                raise ValueError("no passwords")
            return {role: _checked(loaded[role]) for role in ROLES if role in loaded}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise AccessError(f"{self.path} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, LookupError) as error:
            raise AccessError(
                f"{self.path} is damaged: delete it and set the passwords again"
            ) from error


def _checked(found: dict[str, Any]) -> Hash:
    made = Hash(**found)
    costs = (made.n, made.r, made.p)
    if any(type(cost) is not int for cost in costs) or len(bytes.fromhex(made.digest)) != 32:
        raise ValueError("no hash")
    bytes.fromhex(made.salt)
    return made


def _scrypt(password: str, salt: str, *, n: int, r: int, p: int) -> bytes:
    # The same characters however a keyboard composes them.
    given = unicodedata.normalize("NFKC", password[: MAX_CHARS + 1]).encode()
    need = 128 * r * (n + p + 2)
    return scrypt(given, salt=bytes.fromhex(salt), n=n, r=r, p=p, maxmem=need, dklen=32)
