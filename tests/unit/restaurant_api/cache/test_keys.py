"""How keys are spelled."""

from uuid import UUID

from restaurant_api.cache.keys import CacheKey, build_generation_key, build_value_prefix

KEY = CacheKey("menu", UUID(int=1))


def test_generation_is_shared_by_releases_and_values_are_not() -> None:
    assert build_generation_key(KEY) == "restaurant:{menu:00000000-0000-0000-0000-000000000001}:generation"
    prefix = build_value_prefix(KEY, release="abc")
    assert prefix == "restaurant:{menu:00000000-0000-0000-0000-000000000001}:v1:abc:"
    assert build_value_prefix(KEY, release="abd") != prefix
