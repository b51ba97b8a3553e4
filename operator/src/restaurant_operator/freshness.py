"""Whether the watch really delivers: what a listing shows must have come through the watch as well, or come soon.

Liveness rests on it, since a watch that died in silence leaves everything else looking healthy.
Knows no clock of its own.
"""

from dataclasses import dataclass

from restaurant_operator.cluster.port import Key

MAX_LAG_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Missing:
    version: str
    since: float


class Freshness:
    """Compares resource versions for equality only, as the API's contract demands; times are monotonic seconds."""

    def __init__(self) -> None:
        self._seen: dict[Key, str] = {}
        self._missing: dict[Key, _Missing] = {}
        self._touched: set[Key] = set()

    def see(self, key: Key, version: str, *, deleted: bool = False) -> None:
        """Note an event of the watch. Any event for the key clears what was missing: the stream lives."""
        self._missing.pop(key, None)
        self._touched.add(key)
        if deleted:
            self._seen.pop(key, None)
        else:
            self._seen[key] = version

    def start_listing(self) -> None:
        """Call right before each listing: what the watch delivers from here on may be newer than what is listed."""
        self._touched.clear()

    def expect(self, key: Key, version: str, now: float) -> None:
        """Note what a listing shows."""
        if self._seen.get(key) == version:
            self._missing.pop(key, None)
        elif key not in self._touched:
            self._missing.setdefault(key, _Missing(version, now))

    def retain(self, keys: set[Key]) -> None:
        """Forget what was missing of stacks that a later listing no longer shows."""
        for key in self._missing.keys() - keys:
            del self._missing[key]

    def compute_lag(self, now: float) -> float:
        """Give the seconds for which the oldest listed change has been missing; 0 when none is."""
        return max((now - missing.since for missing in self._missing.values()), default=0.0)
