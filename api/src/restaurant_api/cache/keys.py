"""Owns how keys are spelled. A value's key says release, schema version and generation, so no reader needs to check."""

from dataclasses import dataclass
from uuid import UUID

SCHEMA_VERSION = 1
"""Raise it when the bytes of a resource change shape within one release line."""


@dataclass(frozen=True, slots=True)
class CacheKey:
    """One cached resource of one location."""

    resource: str
    location_id: UUID


def build_generation_key(key: CacheKey) -> str:
    """Shared by all releases, so that one bump invalidates for each of them."""
    # The braces are Redis Cluster's hash tag: both keys of a resource are in one slot, as the script needs.
    return f"restaurant:{{{key.resource}:{key.location_id}}}:generation"


def build_value_prefix(key: CacheKey, *, release: str) -> str:
    """The generation follows the prefix. `release` may hold anything: it is the last free text of the key."""
    return f"restaurant:{{{key.resource}:{key.location_id}}}:v{SCHEMA_VERSION}:{release}:"
