"""`opened_once`: a part of an object that is opened when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, Self, TypeVar, overload

Part = TypeVar("Part")


class opened_once(cached_property[Part]):  # a decorator, named like the one it extends
    """A cached property that opens its part once, however many threads ask for it first.

    Since Python 3.12 the standard one has no lock: two threads would load a model twice.
    """

    def __init__(self, opener: Callable[[Any], Part]) -> None:
        """Take what opens the part; it may open other parts, but none that opens this one."""
        super().__init__(opener)
        self._opening = threading.RLock()

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Part: ...
    def __get__(self, instance: object | None, owner: type[Any] | None = None) -> Self | Part:
        with self._opening:
            return super().__get__(instance, owner)
