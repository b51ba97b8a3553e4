"""Builds settings, contexts and clients for tests, all in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp

from restaurant_api.context import Context
from restaurant_api.lifespan import open_context
from restaurant_api.settings import Settings
from tests.support.api.recorder import Recorder


def build_settings(database_url: str, **changes: Any) -> Settings:  # noqa: ANN401 - any setting
    """Redis timeouts are long: on a busy machine a healthy Redis must not look dead, except where that is the test."""
    values: dict[str, Any] = {"database_url": database_url, "redis_timeout": 5.0, "release": "r1", "warm_timeout": 20.0}
    return Settings(**(values | changes))


@asynccontextmanager
async def ready_context(settings: Settings) -> AsyncIterator[Context]:
    async with open_context(settings) as context:
        context.readiness.is_schema_usable = True
        context.readiness.has_warmed = True
        yield context


@asynccontextmanager
async def open_client(app: ASGIApp, recorder: Recorder | None = None) -> AsyncIterator[httpx.AsyncClient]:
    hooks = {"response": [(recorder or Recorder()).record]}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", event_hooks=hooks
    ) as client:
        yield client
