"""How often a caller may ask."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

# Callers that are remembered; one that was forgotten begins with a full bucket.
_REMEMBERED = 10_000


class RateLimit:
    """A token bucket for each caller: a minute's worth at once, refilled steadily.

    Not thread-safe: it belongs to one event loop.

    :param per_minute: requests a minute; 0: no limit.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, caller: str) -> float:
        """Count a request; return 0 if it is admitted, else in how many seconds it would be."""
        if not self._per_minute:
            return 0.0
        now = self._clock()
        tokens, since = self._buckets.pop(caller, (float(self._per_minute), now))
        per_second = self._per_minute / 60
        tokens = min(self._per_minute, tokens + (now - since) * per_second)
        admitted = tokens >= 1
        self._buckets[caller] = (tokens - admitted, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return 0.0 if admitted else (1 - tokens) / per_second
