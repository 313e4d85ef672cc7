from __future__ import annotations

from collections.abc import Callable
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from kb.errors import CatalogDamaged, LockedError
from kb.indexing.job import Progress
from kb.web import background
from kb.web.background import Background


class Base:
    """Does what it is told to when it is warmed up and indexed."""

    settings = SimpleNamespace(watch=False)

    def __init__(self, *faults: Exception | None, cold: list[Exception] | None = None) -> None:
        self.faults = list(faults)
        self.cold = cold or []
        self.indexed = Event()
        self.runs = 0

    def warm_up(self) -> None:
        if self.cold:
            raise self.cold.pop()

    def index(self, *, progress: Callable[[Progress], None]) -> None:
        self.runs += 1
        progress(Progress("scanning", 0, 0))
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        self.indexed.set()


def over(base: Base) -> Background:
    given: Any = base
    return Background(given)


def test_background_tries_again_while_another_process_indexes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_RETRY_SECONDS", 0.0)
    base = Base(LockedError("a"), LockedError("b"))
    with over(base) as work:
        work.index()
        assert base.indexed.wait(30)
    assert base.runs == 3


def test_background_is_ready_when_an_indexing_mended_what_was_in_the_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    base = Base(cold=[CatalogDamaged("index.db is\ndamaged")])
    with over(base) as work:
        work.index()
        assert base.indexed.wait(30)
    assert work.ready
    assert capsys.readouterr().err == "kb: index.db is damaged\n"


def test_background_stops_an_indexing_when_the_server_stops() -> None:
    begun, go_on = Event(), Event()

    class Slow(Base):
        def index(self, *, progress: Callable[[Progress], None]) -> None:
            begun.set()
            assert go_on.wait(30)
            progress(Progress("embedding", 1, 1000))
            raise AssertionError("went on")

    work = over(Slow())
    with work:
        work.index()
        assert begun.wait(30)
        work._stopped.set()
        go_on.set()
    assert work.error is None
