"""The cache in memory."""

from uuid import UUID

import pytest

from restaurant_api.cache.keys import CacheKey
from restaurant_api.cache.local import LocalCache, build_cached_body
from tests.support.api.clocks import ManualTime

A, B, C = (CacheKey("menu", UUID(int=n)) for n in range(3))


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


def put(cache: LocalCache, key: CacheKey, body: bytes = b"x" * 10) -> None:
    cache.put(key, build_cached_body(body), ttl_seconds=2, epoch=cache.epoch(key))


def test_entries_expire(time: ManualTime) -> None:
    cache = LocalCache(monotonic=time.monotonic)
    put(cache, A)
    time.elapsed = 1.9
    assert cache.get(A) is not None
    time.elapsed = 2.0
    assert cache.get(A) is None
    assert (len(cache), cache.bytes) == (0, 0)


def test_least_recently_used_goes_first(time: ManualTime) -> None:
    cache = LocalCache(monotonic=time.monotonic, max_bytes=20)
    put(cache, A)
    put(cache, B)
    cache.get(A)
    put(cache, C)
    assert [cache.get(key) is not None for key in (A, B, C)] == [True, False, True]
    assert cache.bytes == 20
    put(cache, A, b"y" * 21)
    assert cache.bytes == 0


def test_replacing_counts_once(time: ManualTime) -> None:
    cache = LocalCache(monotonic=time.monotonic)
    put(cache, A)
    put(cache, A, b"12345")
    assert (len(cache), cache.bytes) == (1, 5)


def test_a_load_from_before_an_invalidation_is_not_kept(time: ManualTime) -> None:
    cache = LocalCache(monotonic=time.monotonic)
    epoch = cache.epoch(A)
    cache.invalidate(A)
    cache.put(A, build_cached_body(b"old"), ttl_seconds=2, epoch=epoch)
    assert cache.get(A) is None
    put(cache, A, b"new")
    assert cache.get(A) is not None


def test_etag_depends_on_bytes_only() -> None:
    assert build_cached_body(b"a").etag == build_cached_body(b"a").etag != build_cached_body(b"b").etag
    assert len(build_cached_body(b"a").etag) == 34
