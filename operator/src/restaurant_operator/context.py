"""What every pass is given: the cluster, the platform and the clock. Made once, in `main`; tests make their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from restaurant_operator.cluster.port import Cluster
from restaurant_operator.desired.platform import Platform


@dataclass(frozen=True, slots=True)
class Context:
    """Effects and the outside world, passed in."""

    cluster: Cluster
    platform: Platform
    now: Callable[[], datetime]


def read_clock() -> datetime:
    """The only place that reads the wall clock."""
    return datetime.now(UTC)
