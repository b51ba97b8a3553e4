"""Both levels together, on the fake of level 2."""

import asyncio
from uuid import UUID

import pytest

from restaurant_api.cache.keys import CacheKey
from restaurant_api.cache.local import LocalCache
from restaurant_api.cache.store import CacheStore, Ttls
from restaurant_api.metrics import Metrics, build_metrics
from tests.support.api.clocks import ManualTime
from tests.support.api.fake_shared import FakeSharedCache

KEY = CacheKey("menu", UUID(int=1))


class Source:
    """The database's part: counts loads and can be changed."""

    def __init__(self) -> None:
        self.loads = 0
        self.body = b"first"
        self.has_read = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def load(self) -> bytes:
        self.loads += 1
        body = self.body
        self.has_read.set()
        await self.may_answer.wait()
        return body


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def shared() -> FakeSharedCache:
    return FakeSharedCache()


@pytest.fixture
def metrics() -> Metrics:
    return build_metrics(version="1", release="r")


@pytest.fixture
def source() -> Source:
    return Source()


def build_store(time: ManualTime, shared: FakeSharedCache | None, metrics: Metrics) -> CacheStore:
    local = LocalCache(monotonic=time.monotonic)
    ttls = Ttls(local=2, shared=300)
    return CacheStore(local, shared, ttls=ttls, metrics=metrics.cache, clock=time.build_clock())


@pytest.fixture
def store(time: ManualTime, shared: FakeSharedCache, metrics: Metrics) -> CacheStore:
    return build_store(time, shared, metrics)


def count(metrics: Metrics, level: str, result: str) -> float | None:
    labels = {"level": level, "resource": "menu", "result": result}
    return metrics.registry.get_sample_value("restaurant_cache_requests_total", labels)


async def test_a_stampede_is_one_load(store: CacheStore, source: Source) -> None:
    found = await asyncio.gather(*(store.get_or_load(KEY, source.load) for _ in range(500)))
    assert {cached.body for cached in found} == {b"first"}
    assert source.loads == 1


async def test_levels_are_asked_in_order_and_counted(
    store: CacheStore, source: Source, time: ManualTime, metrics: Metrics
) -> None:
    for _ in range(3):
        await store.get_or_load(KEY, source.load)
    time.elapsed += 2
    await store.get_or_load(KEY, source.load)
    assert source.loads == 1
    assert (count(metrics, "local", "hit"), count(metrics, "local", "miss")) == (2, 2)
    assert (count(metrics, "shared", "hit"), count(metrics, "shared", "miss")) == (1, 1)


async def test_a_lost_level_2_is_no_error(
    store: CacheStore, source: Source, shared: FakeSharedCache, metrics: Metrics
) -> None:
    shared.is_down = True
    assert (await store.get_or_load(KEY, source.load)).body == b"first"
    assert count(metrics, "shared", "error") == 1
    assert not await store.invalidate(KEY)
    assert await store.read_back(KEY) is None


async def test_invalidation_during_a_load_keeps_the_old_bytes_from_both_levels(
    store: CacheStore, source: Source
) -> None:
    loading = asyncio.create_task(store.get_or_load(KEY, source.load))
    await source.has_read.wait()
    source.body = b"second"
    assert await store.invalidate(KEY)
    assert (await loading).body == b"first"
    assert (await store.get_or_load(KEY, source.load)).body == b"second"


@pytest.mark.parametrize("has_shared", [True, False])
async def test_a_reader_after_an_invalidation_does_not_join_a_load_from_before(
    time: ManualTime,
    metrics: Metrics,
    source: Source,
    has_shared: bool,  # noqa: FBT001 - a row of the table above
) -> None:
    store = build_store(time, FakeSharedCache() if has_shared else None, metrics)
    source.may_answer.clear()
    early = asyncio.create_task(store.get_or_load(KEY, source.load))
    await source.has_read.wait()
    source.body = b"second"
    await store.invalidate(KEY)
    late = asyncio.create_task(store.get_or_load(KEY, source.load))
    await asyncio.sleep(0)
    source.may_answer.set()
    assert [(await early).body, (await late).body] == [b"first", b"second"]
    assert (await store.get_or_load(KEY, source.load)).body == b"second"


async def test_what_is_read_while_redis_is_being_told_is_not_kept(
    store: CacheStore, source: Source, shared: FakeSharedCache
) -> None:
    await store.get_or_load(KEY, source.load)
    source.body = b"second"
    shared.may_bump.clear()
    telling = asyncio.create_task(store.invalidate(KEY))
    await asyncio.sleep(0)
    assert (await store.get_or_load(KEY, source.load)).body == b"first"
    shared.may_bump.set()
    assert await telling
    assert (await store.get_or_load(KEY, source.load)).body == b"second"


@pytest.mark.parametrize(("has_shared", "kept_seconds", "gone_seconds"), [(True, 1.7, 2), (False, 269, 300)])
async def test_memory_keeps_for_long_only_when_it_is_the_only_level(
    time: ManualTime,
    metrics: Metrics,
    source: Source,
    has_shared: bool,  # noqa: FBT001 - a row of the table above
    kept_seconds: float,
    gone_seconds: float,
) -> None:
    store = build_store(time, FakeSharedCache() if has_shared else None, metrics)
    await store.get_or_load(KEY, source.load)
    time.elapsed = kept_seconds
    assert store.peek(KEY) is not None
    time.elapsed = gone_seconds
    assert store.peek(KEY) is None


async def test_refresh_renews_both_levels(store: CacheStore, source: Source, shared: FakeSharedCache) -> None:
    await store.get_or_load(KEY, source.load)
    source.body = b"second"
    written = await store.refresh(KEY, source.load)
    assert written.body == b"second"
    assert await store.read_back(KEY) == written == store.peek(KEY)
    assert shared.values[KEY, 1] == b"second"


async def test_without_level_2(time: ManualTime, metrics: Metrics, source: Source) -> None:
    store = build_store(time, None, metrics)
    await store.get_or_load(KEY, source.load)
    written = await store.refresh(KEY, source.load)
    assert await store.read_back(KEY) == written
    assert not await store.invalidate(KEY)
    assert await store.read_back(KEY) is None
    assert not store.read_stats().has_shared
    await store.close()
    assert count(metrics, "shared", "miss") is None


async def test_lifetimes_are_jittered_below_the_bound(
    shared: FakeSharedCache, store: CacheStore, source: Source
) -> None:
    for number in range(50):
        await store.get_or_load(CacheKey("menu", UUID(int=number)), source.load)
    assert all(270 <= ttl <= 300 for ttl in shared.ttls)
    assert len(set(shared.ttls)) > 40


async def test_stats_and_closing(store: CacheStore, source: Source, shared: FakeSharedCache, metrics: Metrics) -> None:
    await store.get_or_load(KEY, source.load)
    shared.is_circuit_open = True
    stats = store.read_stats()
    assert (stats.entries, stats.bytes, stats.is_circuit_open) == (1, 5, True)
    assert metrics.registry.get_sample_value("restaurant_cache_circuit_open") == 1
    await store.close()
    assert shared.is_closed
