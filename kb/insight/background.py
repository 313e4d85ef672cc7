"""Computes beside whoever asks, once for each state of what it is computed from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Keeps the newest result; thread-safe, one computation at a time.

    :param state: names the state of what is computed from; cheap.
    :param compute: gives the result of the state as it is when it begins.
    """

    def __init__(self, state: Callable[[], Hashable], compute: Callable[[], T]) -> None:
        self._state = state
        self._compute = compute
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._done: tuple[Hashable, T] | None = None
        self._failed: tuple[Hashable, Exception] | None = None

    def get(self) -> tuple[T | None, bool]:
        """Return the newest result, None if there is none yet, and whether a newer one comes.

        :raises Exception: what the computation of this state raised.
        """
        state = self._state()
        with self._lock:
            if self._done is not None and self._done[0] == state:
                return self._done[1], False
            if self._failed is not None and self._failed[0] == state:
                raise self._failed[1]
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, args=(state,), name="insight", daemon=True
                )
                self._thread.start()
            return (self._done[1] if self._done else None), True

    def wait(self) -> T:
        """Return the result of this state, computed by now."""
        while True:
            found, coming = self.get()
            if not coming and found is not None:
                return found
            if self._thread is not None:
                self._thread.join()

    def _run(self, state: Hashable) -> None:
        try:
            done = state, self._compute()
        except Exception as error:  # noqa: BLE001  raised where the result is asked for
            with self._lock:
                self._failed = state, error
            return
        with self._lock:
            self._done = done
