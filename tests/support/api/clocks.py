"""A clock that moves only when told."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from restaurant_api.clock import Clock, build_seeded_uuid7

START = datetime(2026, 3, 14, 18, 30, tzinfo=UTC)


@dataclass
class ManualTime:
    """`elapsed` is in seconds since START."""

    elapsed: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - reproducible, no secret

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def new_id(self) -> UUID:
        return build_seeded_uuid7(self.now(), self.chance)

    def build_clock(self) -> Clock:
        return Clock(now=self.now, monotonic=self.monotonic, new_id=self.new_id, chance=self.chance)
