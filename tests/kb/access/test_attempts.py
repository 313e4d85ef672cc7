from __future__ import annotations

import pytest

from kb.access.attempts import IN_ALL, PER_ADDRESS, WINDOW_SECONDS, Attempts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_address_waits_after_a_few_attempts(clock: Clock) -> None:
    attempts = Attempts(clock)
    assert [attempts.begin("192.0.2.1") for _ in range(PER_ADDRESS)] == [0.0] * PER_ADDRESS
    clock.now = 100.0
    assert attempts.begin("192.0.2.1") == WINDOW_SECONDS - 100
    assert attempts.begin("192.0.2.2") == 0
    clock.now = WINDOW_SECONDS
    assert attempts.begin("192.0.2.1") == 0


def test_right_password_forgets_the_attempts(clock: Clock) -> None:
    attempts = Attempts(clock)
    for _ in range(PER_ADDRESS):
        attempts.begin("192.0.2.1")
    attempts.succeed("192.0.2.1")
    assert attempts.begin("192.0.2.1") == 0


@pytest.mark.parametrize(
    "name", ["2001:db8::{}", "2001:db8::{}%eth0", "::ffff:192.0.2.1"], ids=["net", "zone", "mapped"]
)
def test_one_subscriber_counts_once(clock: Clock, name: str) -> None:
    attempts = Attempts(clock)
    for number in range(PER_ADDRESS):
        assert attempts.begin(name.format(number)) == 0
    assert attempts.begin(name.format("f")) > 0
    assert attempts.begin("2001:db8:1::1") == 0


def test_many_addresses_together_are_stopped(clock: Clock) -> None:
    attempts = Attempts(clock)
    for number in range(IN_ALL):
        assert attempts.begin(f"192.0.2.{number}") == 0
    assert attempts.begin("198.51.100.1") == WINDOW_SECONDS
    assert attempts.begin("not an address") == WINDOW_SECONDS
