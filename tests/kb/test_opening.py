"""Parts are opened once, also when threads ask for them at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kb.opening import opened_once


class House:
    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.opened: list[str] = []

    @opened_once
    def door(self) -> object:
        """The way in."""
        self.begun.set()
        self.go_on.wait()
        self.opened.append("door")
        return object()

    @opened_once
    def hall(self) -> tuple[str, object]:
        return "hall", self.door


def test_opened_once_is_opened_once_for_threads_that_ask_together() -> None:
    house = House()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(lambda: house.door)
        house.begun.wait()
        rest = [pool.submit(lambda: house.door) for _ in range(7)]
        assert not any(each.done() for each in rest)
        house.go_on.set()
        assert {each.result() for each in rest} == {first.result()}
    assert house.opened == ["door"]


def test_opened_once_may_open_another_part_and_is_one_for_each_object() -> None:
    houses = House(), House()
    for house in houses:
        house.go_on.set()
    assert houses[0].hall == ("hall", houses[0].door)
    assert houses[0].door is not houses[1].door
    assert "door" in houses[0].__dict__


def test_opened_once_that_failed_is_opened_again() -> None:
    class Stuck:
        tries = 0

        @opened_once
        def part(self) -> int:
            self.tries += 1
            if self.tries == 1:
                raise OSError("busy")
            return self.tries

    stuck = Stuck()
    with pytest.raises(OSError, match="busy"):
        _ = stuck.part
    assert stuck.part == 2


def test_opened_once_keeps_the_docstring() -> None:
    assert House.door.__doc__ == "The way in."
