"""One writer of a base at a time, wherever it runs: a lease kept in the cluster.

Milvus has no compare-and-swap, but its strongly consistent reads see every write that was
acknowledged. So each writer first says that it wants to write and then looks whether anyone else
says so (the flags of Dekker's algorithm): of two at once at least one sees the other and steps
back. A writer that died is passed over when its time is up, by the clocks of the machines; these
may differ by `SKEW_SECONDS`.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kb.errors import LockedError, StoreError

if TYPE_CHECKING:
    from kb.store.milvus.ledger import Ledger

LEASE_SECONDS = 60.0
SKEW_SECONDS = 10.0
_RENEWED_AT = LEASE_SECONDS / 2
_TRIES = 5
_KIND = "claim"


class Lease:
    """The right to write a base; a context manager.

    :param clock: seconds since the epoch, comparable between machines.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._clock = clock
        self._name = secrets.token_hex(8)
        self._until = 0.0

    def __enter__(self) -> Self:
        """Take the lease.

        :raises LockedError: naming who holds it and until when.
        :raises StoreError: if the store cannot be used.
        """
        other: dict[str, Any] = {}
        for _ in range(_TRIES):
            self._claim()
            other = self._other()
            if not other:
                return self
            self._withdraw()
            # Another that has just begun to ask may step back too; one that holds it will not.
            if other["holds"]:
                break
            time.sleep(random.uniform(0.05, 0.5))
        raise LockedError(_told(self._ledger.base, other))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the lease back; if the store is gone it ends by itself."""
        with suppress(StoreError):
            self._withdraw()

    def hold(self) -> None:
        """Say before every write that this one is still at it.

        :raises LockedError: if the time was up before this was called again.
        """
        left = self._until - self._clock()
        if left <= 0:
            raise LockedError(
                f"writing the base {self._ledger.base} took too long between two steps, another may"
                " write it by now: run `kb index` again"
            )
        if left < _RENEWED_AT:
            self._put(holds=True)

    def _claim(self) -> None:
        self._put(holds=False)

    def _other(self) -> dict[str, Any]:
        """Return who else wants to write or does; nobody: then this one holds the lease."""
        now = self._clock()
        claims = self._ledger.entries(_KIND)
        for name, claim in claims.items():
            if name != self._name and claim["until"] + SKEW_SECONDS > now:
                return claim
        for name in claims.keys() - {self._name}:
            self._ledger.drop(_KIND, name)
        self._put(holds=True)
        return {}

    def _put(self, *, holds: bool) -> None:
        until = self._clock() + LEASE_SECONDS
        owner = f"process {os.getpid()} on {socket.gethostname()}"
        self._ledger.put(_KIND, self._name, {"owner": owner, "until": until, "holds": holds})
        self._until = until

    def _withdraw(self) -> None:
        self._ledger.drop(_KIND, self._name)


def _told(base: str, claim: dict[str, Any]) -> str:
    until = datetime.fromtimestamp(claim["until"]).astimezone()
    return (
        f"the base {base} is being written by {claim['owner']}, whose lease ends at"
        f" {until:%H:%M:%S} unless it is renewed: try again when it is done"
    )
