"""Owns the decision whether a failing dependency is asked. Pure but for its own counters; time is passed in."""

from collections.abc import Callable

FAILURES_TO_OPEN = 3
OPEN_SECONDS = 1.0


class CircuitBreaker:
    """Opens after consecutive failures; after a pause one caller may try, and success closes it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._retry_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES_TO_OPEN

    def try_acquire(self) -> bool:
        """True when the caller may ask. While open, that is one caller a pause: the others go on without."""
        if not self.is_open:
            return True
        now = self._monotonic()
        if now < self._retry_at:
            return False
        self._retry_at = now + OPEN_SECONDS
        return True

    def succeed(self) -> None:
        self._failures = 0

    def fail(self) -> None:
        self._failures += 1
        self._retry_at = self._monotonic() + OPEN_SECONDS
