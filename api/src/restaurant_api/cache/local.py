"""Owns level 1: bodies in this process's memory, bounded in age and bytes. Must not await."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from restaurant_api.cache.keys import CacheKey

MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CachedBody:
    """Serialised bytes and their strong ETag, equal on every replica for equal bytes."""

    body: bytes
    etag: str


def build_cached_body(body: bytes) -> CachedBody:
    return CachedBody(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


class LocalCache:
    """Least recently used goes first when the bytes exceed the bound."""

    def __init__(self, *, monotonic: Callable[[], float], max_bytes: int = MAX_BYTES) -> None:
        self._monotonic = monotonic
        self._max_bytes = max_bytes
        self._entries: OrderedDict[CacheKey, tuple[float, CachedBody]] = OrderedDict()
        self._epochs: dict[CacheKey, int] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: CacheKey) -> CachedBody | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        expires, cached = entry
        if self._monotonic() >= expires:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return cached

    def epoch(self, key: CacheKey) -> int:
        """Read it before loading and hand it to `put`: a load that began before an invalidation is not stored."""
        return self._epochs.get(key, 0)

    def put(self, key: CacheKey, cached: CachedBody, *, ttl_seconds: float, epoch: int) -> None:
        if epoch != self.epoch(key):
            return
        self._remove(key)
        self._entries[key] = (self._monotonic() + ttl_seconds, cached)
        self.bytes += len(cached.body)
        while self.bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))

    def invalidate(self, key: CacheKey) -> None:
        self._epochs[key] = self.epoch(key) + 1
        self._remove(key)

    def _remove(self, key: CacheKey) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= len(entry[1].body)
