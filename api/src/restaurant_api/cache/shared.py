"""Owns level 2: Redis, asked briefly, never twice, and left alone while it fails. No error of it leaves this module."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from restaurant_api.cache.breaker import CircuitBreaker
from restaurant_api.cache.keys import CacheKey, build_generation_key, build_value_prefix
from restaurant_api.clock import Clock

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)

_GENERATION_SECONDS = 86_400
"""Far longer than any value lives. Without an end, each id that anybody guesses would stay in Redis for ever."""

_READ = """
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = ARGV[2]
  redis.call('SET', KEYS[1], generation, 'EX', ARGV[3])
end
return {generation, redis.call('GET', ARGV[1] .. generation)}
"""
_BUMP = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  local generation = redis.call('INCR', KEYS[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return generation
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
"""
# A generation starts at the time in microseconds: when the counter expires, is evicted or lost, the next one is larger
# than all before, so a value of a forgotten generation can never be read again.


@dataclass(frozen=True, slots=True)
class SharedRead:
    """What level 2 knows: the resource's generation, and its body unless that is a miss."""

    generation: int
    body: bytes | None


class SharedCache(Protocol):
    """Port of level 2. `None` or `False` means: not available now."""

    @property
    def is_circuit_open(self) -> bool: ...

    async def read(self, key: CacheKey) -> SharedRead | None: ...

    async def write(self, key: CacheKey, body: bytes, *, generation: int, ttl_seconds: float) -> bool: ...

    async def bump(self, key: CacheKey) -> bool: ...

    async def close(self) -> None: ...


def build_redis(url: str, *, timeout_seconds: float) -> Redis:
    """redis-py's own defaults (5 s, 10 retries) would let a dead Redis cost a guest tens of seconds."""
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


class RedisCache:
    """SharedCache in Redis. A read is one round trip: the script reads the generation and the value under it."""

    def __init__(self, redis: Redis, *, release: str, timeout_seconds: float, clock: Clock) -> None:
        self._redis = redis
        self._release = release
        self._timeout = timeout_seconds
        self._clock = clock
        self._breaker = CircuitBreaker(clock.monotonic)

    @property
    def is_circuit_open(self) -> bool:
        return self._breaker.is_open

    async def read(self, key: CacheKey) -> SharedRead | None:
        async def ask() -> SharedRead:
            prefix = build_value_prefix(key, release=self._release)
            name = build_generation_key(key)
            generation, body = await self._redis.eval(_READ, 1, name, prefix, self._first(), str(_GENERATION_SECONDS))
            return SharedRead(int(generation), body)

        return await self._guard(ask)

    async def write(self, key: CacheKey, body: bytes, *, generation: int, ttl_seconds: float) -> bool:
        async def ask() -> bool:
            name = build_value_prefix(key, release=self._release) + str(generation)
            await self._redis.set(name, body, px=max(1, int(ttl_seconds * 1000)))
            return True

        return await self._guard(ask) or False

    async def bump(self, key: CacheKey) -> bool:
        async def ask() -> bool:
            await self._redis.eval(_BUMP, 1, build_generation_key(key), self._first(), str(_GENERATION_SECONDS))
            return True

        return await self._guard(ask) or False

    async def close(self) -> None:
        await self._redis.aclose()

    def _first(self) -> str:
        return str(int(self._clock.now().timestamp() * 1_000_000))

    async def _guard(self, ask: Callable[[], Awaitable[_T]]) -> _T | None:
        if not self._breaker.try_acquire():
            return None
        try:
            # One bound over connecting, sending and reading: the driver's are a bound for each.
            async with asyncio.timeout(self._timeout):
                answer = await ask()
        except (RedisError, OSError, TimeoutError) as error:
            self._breaker.fail()
            _log.warning("redis failed", reason=type(error).__name__, circuit_open=self._breaker.is_open)
            return None
        self._breaker.succeed()
        return answer
