"""Owns the one object that a process is made of, handed to routers. Must not open or close anything."""

from dataclasses import dataclass

from restaurant_api.cache.store import CacheStore
from restaurant_api.clock import Clock
from restaurant_api.db.session import Database
from restaurant_api.health.readiness import Readiness
from restaurant_api.metrics import Metrics
from restaurant_api.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a request may need."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    database: Database
    cache: CacheStore
    readiness: Readiness
