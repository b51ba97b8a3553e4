"""The cache on a real Redis: round trips, releases, generations, and Redis slow, dead and forgetful."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from restaurant_api.cache.keys import CacheKey, build_generation_key
from restaurant_api.cache.shared import RedisCache, build_redis
from restaurant_api.clock import Clock
from restaurant_api.context import Context
from restaurant_api.main import build_public_asgi
from restaurant_api.menu.service import build_menu_key
from tests.support.api.processes import build_settings, open_client, ready_context
from tests.support.api.restaurants import Restaurant, insert_restaurant
from tests.support.api.servers import run_redis
from tests.support.api.statements import recorded_statements
from tests.support.waiting import find_free_port


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_server)
    await client.flushall()
    yield client
    await client.aclose()


def build_cache(url: str, *, release: str = "r1", timeout: float = 5.0) -> RedisCache:
    redis = build_redis(url, timeout_seconds=timeout)
    return RedisCache(redis, release=release, timeout_seconds=timeout, clock=Clock())


@pytest.fixture
def key() -> CacheKey:
    return CacheKey("menu", Clock().new_id())


async def test_a_read_is_one_round_trip(redis_server: str, redis: Redis, key: CacheKey) -> None:
    cache = build_cache(redis_server)
    await cache.read(key)
    await redis.config_resetstat()
    await cache.read(key)
    stats = await redis.info("commandstats")
    called = {name for name, stat in stats.items() if name not in {"cmdstat_config|resetstat", "cmdstat_get"}}
    assert called - {"cmdstat_info"} == {"cmdstat_eval"}
    assert stats["cmdstat_eval"]["calls"] == 1
    await cache.close()


async def test_releases_never_read_each_other_but_one_bump_reaches_both(
    redis_server: str, redis: Redis, key: CacheKey
) -> None:
    del redis
    old, new = build_cache(redis_server), build_cache(redis_server, release="r2")
    for cache, body in ((old, b"old"), (new, b"new")):
        found = await cache.read(key)
        assert found is not None
        assert found.body is None
        assert await cache.write(key, body, generation=found.generation, ttl_seconds=60)
    assert [getattr(await cache.read(key), "body", None) for cache in (old, new)] == [b"old", b"new"]
    assert await new.bump(key)
    assert [getattr(await cache.read(key), "body", None) for cache in (old, new)] == [None, None]
    for cache in (old, new):
        await cache.close()


async def test_a_late_writer_cannot_bring_an_old_value_back(redis_server: str, redis: Redis, key: CacheKey) -> None:
    del redis
    cache = build_cache(redis_server)
    before = await cache.read(key)
    assert before is not None
    await cache.bump(key)
    await cache.write(key, b"old", generation=before.generation, ttl_seconds=60)
    after = await cache.read(key)
    assert after is not None
    assert after.body is None
    await cache.close()


async def test_a_lost_counter_never_revives_an_old_generation(redis_server: str, redis: Redis, key: CacheKey) -> None:
    cache = build_cache(redis_server)
    first = await cache.read(key)
    assert first is not None
    await cache.write(key, b"old", generation=first.generation, ttl_seconds=60)
    await redis.delete(build_generation_key(key))
    await cache.bump(key)
    second = await cache.read(key)
    assert second is not None
    assert second.body is None
    assert second.generation > first.generation
    await cache.close()


async def test_values_expire(redis_server: str, redis: Redis, key: CacheKey) -> None:
    cache = build_cache(redis_server)
    found = await cache.read(key)
    assert found is not None
    await cache.write(key, b"x", generation=found.generation, ttl_seconds=60)
    (name,) = [name async for name in redis.scan_iter("*:r1:*")]
    assert 0 < await redis.pttl(name) <= 60_000
    await cache.close()


async def test_generations_expire_long_after_their_values(redis_server: str, redis: Redis, key: CacheKey) -> None:
    cache = build_cache(redis_server)
    name = build_generation_key(key)
    await cache.read(key)
    assert 86_000 < await redis.ttl(name) <= 86_400
    await redis.expire(name, 10)
    await cache.read(key)
    assert await redis.ttl(name) <= 10
    await cache.bump(key)
    assert await redis.ttl(name) > 86_000
    await redis.delete(name)
    await cache.bump(key)
    assert await redis.ttl(name) > 86_000
    await cache.close()


async def test_guessed_locations_leave_nothing_for_ever(context: Context, redis: Redis) -> None:
    async with open_client(build_public_asgi(context)) as client:
        assert (await client.get(f"/api/v1/locations/{Clock().new_id()}/menu")).status_code == 404
    (name,) = [name async for name in redis.scan_iter()]
    assert await redis.ttl(name) > 0


async def test_a_dead_redis_costs_little_and_opens_the_circuit(key: CacheKey) -> None:
    cache = build_cache(f"redis://127.0.0.1:{find_free_port()}/0", timeout=0.1)
    started = time.monotonic()
    for _ in range(50):
        assert await cache.read(key) is None
    assert cache.is_circuit_open
    assert not await cache.bump(key)
    assert time.monotonic() - started < 1.0
    await cache.close()


async def test_a_slow_redis_is_given_up_and_its_late_answer_goes_to_nobody(
    redis_server: str, redis: Redis, key: CacheKey
) -> None:
    cache = build_cache(redis_server, timeout=0.1)
    found = await cache.read(key)
    assert found is not None
    await cache.write(key, b"body", generation=found.generation, ttl_seconds=60)
    await redis.client_pause(500)
    assert await cache.read(key) is None
    await asyncio.sleep(0.5)
    other = CacheKey("menu", Clock().new_id())
    read = await cache.read(other)
    assert read is not None
    assert read.body is None
    await cache.close()


@pytest.fixture
async def context(sqlite_url: str, redis_server: str, redis: Redis) -> AsyncIterator[Context]:
    del redis
    async with ready_context(build_settings(sqlite_url, redis_url=redis_server)) as context:
        yield context


@pytest.fixture
async def restaurant(context: Context) -> Restaurant:
    return await insert_restaurant(context.database)


async def test_a_second_replica_reads_what_the_first_one_loaded(
    sqlite_url: str, redis_server: str, context: Context, restaurant: Restaurant
) -> None:
    url = f"/api/v1/locations/{restaurant.location_id}/menu"
    async with open_client(build_public_asgi(context)) as client:
        first = await client.get(url)
    async with (
        ready_context(build_settings(sqlite_url, redis_url=redis_server)) as other,
        open_client(build_public_asgi(other)) as client,
    ):
        with recorded_statements(other.database) as statements:
            second = await client.get(url)
    assert (second.content, second.headers["etag"]) == (first.content, first.headers["etag"])
    assert statements == []


async def test_a_change_reaches_another_replica_within_the_local_ttl(
    sqlite_url: str, redis_server: str, context: Context, restaurant: Restaurant
) -> None:
    url = f"/api/v1/locations/{restaurant.location_id}/menu"
    settings = build_settings(sqlite_url, redis_url=redis_server, cache_local_ttl=0.3)
    async with ready_context(settings) as other, open_client(build_public_asgi(other)) as client:
        before = await client.get(url)
        async with context.database.write() as session:
            await (await session.connection()).exec_driver_sql("UPDATE menu_items SET price_minor = 999")
        assert await context.cache.invalidate(build_menu_key(restaurant.location_id))
        await asyncio.sleep(0.35)
        assert (await client.get(url)).content != before.content


async def test_redis_dying_and_coming_back_gives_no_client_an_error(sqlite_url: str) -> None:
    port = find_free_port()
    settings = build_settings(
        sqlite_url, redis_url=f"redis://127.0.0.1:{port}/0", redis_timeout=0.1, cache_local_ttl=0.001
    )
    async with ready_context(settings) as context, open_client(build_public_asgi(context)) as client:
        url = f"/api/v1/locations/{(await insert_restaurant(context.database)).location_id}/menu"

        async def read(times: int) -> set[int]:
            return {(await client.get(url)).status_code for _ in range(times)}

        with run_redis(port):
            assert await read(5) == {200}
        assert await read(20) == {200}
        assert context.cache.read_stats().is_circuit_open
        assert (await client.get("/readyz")).status_code == 200
        with run_redis(port):
            deadline = time.monotonic() + 10
            while context.cache.read_stats().is_circuit_open and time.monotonic() < deadline:
                assert await read(1) == {200}
                await asyncio.sleep(0.05)
            assert not context.cache.read_stats().is_circuit_open
