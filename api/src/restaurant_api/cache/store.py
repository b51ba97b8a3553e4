"""Owns reading through both levels, storing, refreshing and invalidating.

Staleness: once Redis has been told, the replica that invalidates never serves the old bytes again. Another replica may
serve them from its own memory for at most CACHE_LOCAL_TTL (2 s unless set otherwise), since nothing tells it yet that
the generation moved; pushing invalidations over Redis is left for later. With Redis unreachable while bumping, each
replica may serve old bytes until CACHE_SHARED_TTL (300 s unless set otherwise). Without Redis memory is the only level
and keeps bytes that long too, or warming would be for nothing: the process that invalidates is up to date at once, as
the one replica, and any other process is stale for at most CACHE_SHARED_TTL. `invalidate` returns False in both cases.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from restaurant_api.cache.flights import Flights
from restaurant_api.cache.keys import CacheKey
from restaurant_api.cache.local import CachedBody, LocalCache, build_cached_body
from restaurant_api.cache.shared import SharedCache
from restaurant_api.clock import Clock
from restaurant_api.metrics import CacheMetrics

Load = Callable[[], Awaitable[bytes]]
_JITTER = 0.1


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What GET /internal/cache shows."""

    entries: int
    bytes: int
    has_shared: bool
    is_circuit_open: bool


@dataclass(frozen=True, slots=True)
class Ttls:
    """Upper bounds in seconds; each entry lives up to a tenth shorter, so that they don't expire together."""

    local: float
    shared: float


class CacheStore:
    """Local memory in front of Redis in front of the loader."""

    def __init__(
        self, local: LocalCache, shared: SharedCache | None, *, ttls: Ttls, metrics: CacheMetrics, clock: Clock
    ) -> None:
        self._local = local
        self._shared = shared
        self._shared_ttl = ttls.shared
        # Short because Redis is near; with no Redis behind it, what has been warmed must not be gone after two seconds.
        self._local_ttl = ttls.shared if shared is None else ttls.local
        self._metrics = metrics
        self._clock = clock
        self._flights: Flights[CachedBody] = Flights()

    def get_local(self, key: CacheKey) -> CachedBody | None:
        """The hot path: no await, no query, no round trip."""
        cached = self._local.get(key)
        self._metrics.requests.labels("local", key.resource, "miss" if cached is None else "hit").inc()
        return cached

    async def get_or_load(self, key: CacheKey, load: Load) -> CachedBody:
        # With the epoch: who comes after an invalidation must not share a load that began before it.
        flight = (key, self._local.epoch(key))
        return self.get_local(key) or await self._flights.run(flight, lambda: self._fill(key, load))

    async def refresh(self, key: CacheKey, load: Load) -> CachedBody:
        """Loads and stores in both levels whatever they hold, for warming."""
        epoch = self._local.epoch(key)
        found = None if self._shared is None else await self._shared.read(key)
        return await self._load(key, load, generation=None if found is None else found.generation, epoch=epoch)

    async def read_back(self, key: CacheKey) -> CachedBody | None:
        """What a replica that starts now would find: Redis when there is one, else this process's memory."""
        if self._shared is None:
            return self._local.get(key)
        found = await self._shared.read(key)
        return None if found is None or found.body is None else build_cached_body(found.body)

    def peek(self, key: CacheKey) -> CachedBody | None:
        """The local entry, without counting a request."""
        return self._local.get(key)

    async def invalidate(self, key: CacheKey) -> bool:
        """Call after the commit. False when other processes could not be told."""
        self._local.invalidate(key)
        self._metrics.invalidations.labels(key.resource).inc()
        if self._shared is None:
            return False
        has_told = await self._shared.bump(key)
        # Once more: while Redis was being told, a reader may have found the old bytes there.
        self._local.invalidate(key)
        return has_told

    def read_stats(self) -> CacheStats:
        """Also brings the gauges up to date."""
        is_open = self._shared is not None and self._shared.is_circuit_open
        self._metrics.entries.set(len(self._local))
        self._metrics.bytes.set(self._local.bytes)
        self._metrics.circuit_open.set(is_open)
        return CacheStats(len(self._local), self._local.bytes, self._shared is not None, is_open)

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    async def _fill(self, key: CacheKey, load: Load) -> CachedBody:
        epoch = self._local.epoch(key)
        generation = None
        if self._shared is not None:
            found = await self._shared.read(key)
            result = "error" if found is None else "miss" if found.body is None else "hit"
            self._metrics.requests.labels("shared", key.resource, result).inc()
            if found is not None and found.body is not None:
                return self._keep(key, found.body, epoch=epoch)
            generation = None if found is None else found.generation
        return await self._load(key, load, generation=generation, epoch=epoch)

    async def _load(self, key: CacheKey, load: Load, *, generation: int | None, epoch: int) -> CachedBody:
        body = await load()
        if self._shared is not None and generation is not None:
            # Under the generation read before loading: after a bump in between, nobody reads this value.
            await self._shared.write(key, body, generation=generation, ttl_seconds=self._jitter(self._shared_ttl))
        return self._keep(key, body, epoch=epoch)

    def _keep(self, key: CacheKey, body: bytes, *, epoch: int) -> CachedBody:
        cached = build_cached_body(body)
        self._local.put(key, cached, ttl_seconds=self._jitter(self._local_ttl), epoch=epoch)
        return cached

    def _jitter(self, ttl_seconds: float) -> float:
        return ttl_seconds * (1 - _JITTER * self._clock.chance.random())
