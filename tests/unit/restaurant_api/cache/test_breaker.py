"""When a failing dependency is asked."""

from restaurant_api.cache.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, CircuitBreaker
from tests.support.api.clocks import ManualTime


def open_breaker(time: ManualTime) -> CircuitBreaker:
    breaker = CircuitBreaker(time.monotonic)
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.try_acquire()
        breaker.fail()
    return breaker


def test_opens_after_consecutive_failures_only() -> None:
    breaker = CircuitBreaker(ManualTime().monotonic)
    for _ in range(10):
        breaker.fail()
        breaker.fail()
        breaker.succeed()
    assert not breaker.is_open


def test_one_caller_a_pause_may_try() -> None:
    time = ManualTime()
    breaker = open_breaker(time)
    assert not breaker.try_acquire()
    time.elapsed += OPEN_SECONDS
    assert [breaker.try_acquire() for _ in range(3)] == [True, False, False]
    breaker.fail()
    assert not breaker.try_acquire()
    time.elapsed += OPEN_SECONDS
    assert breaker.try_acquire()
    breaker.succeed()
    assert not breaker.is_open
    assert all(breaker.try_acquire() for _ in range(3))
