"""Owns running a plan: bounded concurrency, a deadline, and a report of what was read back. Knows no cache."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from restaurant_api.warming.plan import WarmTarget

CONCURRENCY = 4
"""Below the pool's five standing connections, so that warming never makes guests wait for one."""

_log = structlog.get_logger(__name__)

WarmOne = Callable[[WarmTarget], Awaitable[int | None]]
"""Writes the target and reads it back; returns the bytes read, or None when they were not what was written."""


class WarmReport(BaseModel):
    """What a warm-up achieved. `hit_ratio` is the part of the planned keys that was read back, 1 for an empty plan."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, frozen=True)

    release: str
    keys: int
    bytes: int
    failures: int
    hit_ratio: Annotated[float, Field(ge=0, le=1)]
    duration_seconds: Annotated[float, Field(ge=0)]


async def run_plan(
    plan: Sequence[WarmTarget],
    warm_one: WarmOne,
    *,
    release: str,
    timeout_seconds: float,
    monotonic: Callable[[], float],
) -> WarmReport:
    """Never raises for a target: what failed or was not reached in time counts as a failure."""
    started = monotonic()
    sizes: list[int] = []
    gate = asyncio.Semaphore(CONCURRENCY)

    async def attempt(target: WarmTarget) -> None:
        async with gate:
            try:
                size = await warm_one(target)
            except Exception as error:  # noqa: BLE001 - one location's failure must not stop the others
                _log.warning("warming failed", location=str(target.location_id), reason=repr(error))
                return
            if size is not None:
                sizes.append(size)

    try:
        async with asyncio.timeout(timeout_seconds), asyncio.TaskGroup() as group:
            for target in plan:
                group.create_task(attempt(target))
    except TimeoutError:
        _log.warning("warming ran out of time", done=len(sizes), planned=len(plan))
    return build_report(sizes, planned=len(plan), release=release, duration_seconds=monotonic() - started)


def build_report(sizes: Sequence[int], *, planned: int, release: str, duration_seconds: float) -> WarmReport:
    return WarmReport(
        release=release,
        keys=len(sizes),
        bytes=sum(sizes),
        failures=planned - len(sizes),
        hit_ratio=len(sizes) / planned if planned else 1.0,
        duration_seconds=round(duration_seconds, 3),
    )
