"""A level 2 in memory that can be made to fail: the port's other implementation."""

import asyncio
from dataclasses import dataclass, field

from restaurant_api.cache.keys import CacheKey
from restaurant_api.cache.shared import SharedRead


@dataclass
class FakeSharedCache:
    """Implements SharedCache. `is_down` makes every call answer "not available"; bumps wait for `may_bump`."""

    is_down: bool = False
    is_circuit_open: bool = False
    is_closed: bool = False
    may_bump: asyncio.Event = field(default_factory=asyncio.Event)
    generations: dict[CacheKey, int] = field(default_factory=dict)
    values: dict[tuple[CacheKey, int], bytes] = field(default_factory=dict)
    ttls: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.may_bump.set()

    async def read(self, key: CacheKey) -> SharedRead | None:
        if self.is_down:
            return None
        generation = self.generations.setdefault(key, 1)
        return SharedRead(generation, self.values.get((key, generation)))

    async def write(self, key: CacheKey, body: bytes, *, generation: int, ttl_seconds: float) -> bool:
        if self.is_down:
            return False
        self.values[key, generation] = body
        self.ttls.append(ttl_seconds)
        return True

    async def bump(self, key: CacheKey) -> bool:
        await self.may_bump.wait()
        if self.is_down:
            return False
        self.generations[key] = self.generations.get(key, 1) + 1
        return True

    async def close(self) -> None:
        self.is_closed = True
