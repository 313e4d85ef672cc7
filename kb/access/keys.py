"""Keys for programs: shown once when they are made, kept only as digests."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from kb.access.person import ROLES, Role
from kb.errors import AccessError

KEYS_FILE = "keys.json"
PREFIX = "kb_"
_NAME = re.compile(r"[\w.-]{1,64}")
_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret; ``added`` is in UTC, ISO 8601.

    :param digest: SHA-256 of the secret. A secret of 256 random bits needs no slow hash: there
        is no list of likely ones to try.
    """

    name: str
    role: Role
    added: str
    digest: str


class KeyStore:
    """The keys of one notes folder; thread-safe, and `kb key` in another process is noticed.

    :param folder: where the file lies; it is made at the first key.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / KEYS_FILE
        self._lock = threading.Lock()
        self._known: tuple[tuple[int, int, int] | None, tuple[Key, ...]] = (None, ())

    def all(self) -> tuple[Key, ...]:
        """Return the keys in the order they were made.

        :raises AccessError: if the file cannot be read; then no key holds.
        """
        with self._lock:
            state = self._state()
            if state != self._known[0]:
                self._known = (state, self._read() if state else ())
            return self._known[1]

    def find(self, secret: str) -> Key | None:
        """Return the key of a secret, None if there is none."""
        digest = _digest(secret)
        found: Key | None = None
        for key in self.all():
            # All are compared, each in constant time: the answer's time tells nothing.
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def add(self, name: str, role: Role) -> str:
        """Make a key and return its secret, which cannot be had again.

        :raises AccessError: if the name is not allowed or taken, or the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise AccessError(f"{name[:80]!r}: a key's name has 1 to 64 letters, digits, - . or _")
        secret = PREFIX + secrets.token_urlsafe(32)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._changing():
            before = self.all()
            if any(key.name == name for key in before):
                raise AccessError(
                    f"there is a key {name} already: remove it or choose another name"
                )
            self._write([*before, Key(name, role, now, _digest(secret))])
        return secret

    def remove(self, name: str) -> None:
        """Remove a key; who has it is refused from the next request on.

        :raises AccessError: if there is no such key, or the file cannot be written.
        """
        with self._changing():
            before = self.all()
            left = [key for key in before if key.name != name]
            if len(left) == len(before):
                raise AccessError(f"there is no key {name[:80]!r}: see `kb key list`")
            self._write(left)

    @contextmanager
    def _changing(self) -> Generator[None]:
        """Keep other processes from changing the keys, so that none of two changes is lost."""
        try:
            self.path.parent.mkdir(exist_ok=True)
            with FileLock(self.path.with_suffix(".lock"), timeout=_WAIT_SECONDS):
                yield
        except Timeout as error:
            raise AccessError(f"{self.path} is being changed by another process") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise AccessError(f"{self.path} cannot be written: {reason}") from error

    def _write(self, keys: list[Key]) -> None:
        text = json.dumps({"keys": [asdict(key) for key in keys]}, indent=2)
        temporary = self.path.with_name(f".{KEYS_FILE}-{secrets.token_hex(8)}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  a descriptor
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()

    def _read(self) -> tuple[Key, ...]:
        try:
            stored = json.loads(self.path.read_text(encoding="utf-8"))
            keys = tuple(Key(**each) for each in stored["keys"])
        except OSError as error:
            raise AccessError(f"{self.path} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise AccessError(f"{self.path} is damaged: move it away and make new keys") from error
        if not all(key.role in ROLES for key in keys):
            raise AccessError(f"{self.path} names a role that there is not: move it away")
        return keys

    def _state(self) -> tuple[int, int, int] | None:
        """Return what changes when the file does; None if there is none."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AccessError(f"{self.path} cannot be read: {error.strerror}") from error
        return status.st_ino, status.st_mtime_ns, status.st_size


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
