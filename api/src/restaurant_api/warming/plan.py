"""Owns what is warmed and in which order. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from restaurant_api.locations.service import Location

MAX_TARGETS = 1000
"""Budget: with menus of 50 KB, that many fill what a small Redis may use."""


@dataclass(frozen=True, slots=True)
class WarmTarget:
    """The menu of one location: the one resource that is cached so far."""

    location_id: UUID


def build_plan(locations: Iterable[Location], *, max_targets: int = MAX_TARGETS) -> tuple[WarmTarget, ...]:
    """Places that take orders first: their guests are the ones waiting."""
    ordered = sorted(locations, key=lambda location: (not location.accepts_orders, location.slug))
    return tuple(WarmTarget(location.id) for location in ordered[:max_targets])
