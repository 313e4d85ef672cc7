"""How often somebody may try a password."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

WINDOW_SECONDS = 900.0
PER_ADDRESS = 5
# However many addresses they come from.
IN_ALL = 50


class Attempts:
    """Counts attempts from each address within a quarter of an hour; thread-safe.

    :param clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._made: deque[tuple[float, str]] = deque()

    def begin(self, address: str) -> float:
        """Count an attempt, unless it is one too many.

        :return: seconds to wait; 0 if the attempt may be made.
        """
        block = _block(address)
        with self._lock:
            now = self._clock()
            while self._made and now - self._made[0][0] >= WINDOW_SECONDS:
                self._made.popleft()
            times = [at for at, who in self._made if who == block]
            if len(times) >= PER_ADDRESS:
                return WINDOW_SECONDS - (now - times[-PER_ADDRESS])
            if len(self._made) >= IN_ALL:
                return WINDOW_SECONDS - (now - self._made[0][0])
            self._made.append((now, block))
            return 0.0

    def succeed(self, address: str) -> None:
        """Forget the attempts of an address: its last one was right."""
        block = _block(address)
        with self._lock:
            self._made = deque(each for each in self._made if each[1] != block)


def _block(address: str) -> str:
    """Return what one subscriber has: an IPv4 address, or 64 bits of IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
