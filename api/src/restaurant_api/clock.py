"""Owns where time, identifiers and chance come from, so that everything else takes them as arguments."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat

_RANDOM_BITS = 74


def build_uuid7(milliseconds: int, random_bits: int) -> UUID:
    """UUIDv7 (RFC 9562 section 5.7) of the Unix time in milliseconds and 74 bits, for reproducible data."""
    rand_a = (random_bits >> 62) & 0xFFF
    rand_b = random_bits & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (rand_a << 64) | (2 << 62) | rand_b)


def build_seeded_uuid7(moment: datetime, chance: random.Random) -> UUID:
    return build_uuid7(int(moment.timestamp() * 1000), chance.getrandbits(_RANDOM_BITS))


def _read_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Sources of time and identity. `monotonic` is in seconds; `new_id` gives UUIDv7 with 74 random bits."""

    now: Callable[[], datetime] = _read_now
    monotonic: Callable[[], float] = time.monotonic
    new_id: Callable[[], UUID] = uuid_utils.compat.uuid7
    chance: random.Random = field(default_factory=random.SystemRandom)
