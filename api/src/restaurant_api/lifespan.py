"""Owns opening and closing what a process is made of, and the way from started to ready."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from restaurant_api import VERSION
from restaurant_api.cache.local import LocalCache
from restaurant_api.cache.shared import RedisCache, SharedCache, build_redis
from restaurant_api.cache.store import CacheStore, Ttls
from restaurant_api.clock import Clock
from restaurant_api.context import Context
from restaurant_api.db.schema import read_schema_state
from restaurant_api.db.session import Database, DatabaseUnavailableError
from restaurant_api.health.readiness import Readiness
from restaurant_api.metrics import build_metrics
from restaurant_api.settings import Settings, build_database_url
from restaurant_api.warming import service as warming

RETRY_SECONDS = 1.0

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_context(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Context]:
    """Connects to nothing yet: a process starts whether or not its database and Redis are there."""
    clock = clock or Clock()
    metrics = build_metrics(version=VERSION, release=settings.release)
    url = build_database_url(settings.database_url.get_secret_value())
    database = Database(url, lock_timeout_seconds=settings.database_lock_timeout)
    cache = CacheStore(
        LocalCache(monotonic=clock.monotonic),
        _build_shared(settings, clock),
        ttls=Ttls(local=settings.cache_local_ttl, shared=settings.cache_shared_ttl),
        metrics=metrics.cache,
        clock=clock,
    )
    try:
        yield Context(settings, clock, metrics, database, cache, Readiness())
    finally:
        await cache.close()
        await database.close()


def _build_shared(settings: Settings, clock: Clock) -> SharedCache | None:
    if settings.redis_url is None:
        return None
    redis = build_redis(settings.redis_url.get_secret_value(), timeout_seconds=settings.redis_timeout)
    return RedisCache(redis, release=settings.release, timeout_seconds=settings.redis_timeout, clock=clock)


async def become_ready(context: Context, *, retry_seconds: float = RETRY_SECONDS) -> None:
    """Waits for a usable schema however long it takes, then warms once, within the deadline."""
    await _wait_for_schema(context, retry_seconds)
    context.readiness.is_schema_usable = True
    try:
        report = await warming.warm_process(context)
    except DatabaseUnavailableError as error:
        context.readiness.is_degraded = True
        _log.warning("warming failed", reason=error.reason)
    else:
        context.readiness.is_degraded = report.hit_ratio < context.settings.warm_min_hit_ratio
        _log.info("warmed", **report.model_dump())
    context.readiness.has_warmed = True


async def _wait_for_schema(context: Context, retry_seconds: float) -> None:
    while True:
        try:
            state = await read_schema_state(context.database)
        except DatabaseUnavailableError as error:
            _log.warning("waiting for the database", reason=error.reason)
        else:
            if state.is_usable:
                return
            _log.warning("waiting for `restaurant-api migrate`", schema=state.value)
        await asyncio.sleep(retry_seconds)
