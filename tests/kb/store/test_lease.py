from __future__ import annotations

import threading

import pytest

from kb.errors import LockedError
from kb.store.milvus.lease import LEASE_SECONDS, SKEW_SECONDS, Lease
from tests.kb.store.ledgers import MemoryLedger


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_second_writer_is_told_who_writes_and_until_when() -> None:
    ledger, clock = MemoryLedger(), Clock()
    with Lease(ledger, clock):
        with pytest.raises(LockedError, match=r"notes is being written by process .* ends at"):
            Lease(ledger, clock).__enter__()
        assert len(ledger.held) == 1
    with Lease(ledger, clock):
        pass
    assert ledger.held == {}


def test_lease_of_a_writer_that_died_is_passed_over_when_its_time_is_up() -> None:
    ledger, clock = MemoryLedger(), Clock()
    Lease(ledger, clock).__enter__()
    clock.now += LEASE_SECONDS + SKEW_SECONDS - 1
    with pytest.raises(LockedError):
        Lease(ledger, clock).__enter__()
    clock.now += 1
    with Lease(ledger, clock):
        assert len(ledger.held) == 1


def test_lease_is_renewed_while_it_is_held() -> None:
    ledger, clock = MemoryLedger(), Clock()
    with Lease(ledger, clock) as lease:
        for _ in range(10):
            clock.now += LEASE_SECONDS - 1
            lease.hold()
            with pytest.raises(LockedError):
                Lease(ledger, clock).__enter__()


def test_writer_that_was_away_too_long_writes_no_more() -> None:
    ledger, clock = MemoryLedger(), Clock()
    with Lease(ledger, clock) as lease:
        clock.now += LEASE_SECONDS
        with pytest.raises(LockedError, match="kb index"):
            lease.hold()


def test_of_many_at_once_no_two_hold_it() -> None:
    ledger, inside, most = MemoryLedger(), 0, 0
    counting, done = threading.Lock(), 0

    def write() -> None:
        nonlocal inside, most, done
        for _ in range(5):
            try:
                with Lease(ledger):
                    with counting:
                        inside += 1
                        most = max(most, inside)
                    with counting:
                        inside -= 1
                        done += 1
            except LockedError:
                continue

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert done
    assert ledger.held == {}


def test_two_that_ask_at_the_same_moment_do_not_both_get_it() -> None:
    """The second one asks between the first one's claim and its look."""
    ledger = MemoryLedger()
    second: list[object] = []

    def come_in_between() -> None:
        object.__setattr__(ledger, "on_read", None)
        try:
            Lease(ledger).__enter__()
        except LockedError as error:
            second.append(error)
        else:
            second.append("held")

    object.__setattr__(ledger, "on_read", come_in_between)
    with Lease(ledger):
        assert isinstance(second[0], LockedError)
