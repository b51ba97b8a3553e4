"""What is warmed in which order, and what the report says."""

import asyncio
import time
from uuid import UUID

from restaurant_api.locations.service import Location
from restaurant_api.warming.plan import WarmTarget, build_plan
from restaurant_api.warming.runner import CONCURRENCY, WarmOne, WarmReport, run_plan

PLAN = tuple(WarmTarget(UUID(int=number)) for number in range(10))


def build_location(number: int, slug: str, *, accepts_orders: bool) -> Location:
    return Location(UUID(int=number), slug, slug, "Europe/Berlin", "EUR", accepts_orders)


def test_open_places_first_then_by_slug_within_the_budget() -> None:
    places = [
        build_location(1, "a", accepts_orders=False),
        build_location(2, "c", accepts_orders=True),
        build_location(3, "b", accepts_orders=True),
    ]
    assert [target.location_id.int for target in build_plan(places)] == [3, 2, 1]
    assert [target.location_id.int for target in build_plan(places, max_targets=2)] == [3, 2]
    assert build_plan([]) == ()


async def run(warm_one: WarmOne, *, seconds: float = 5) -> WarmReport:
    return await run_plan(PLAN, warm_one, release="r", timeout_seconds=seconds, monotonic=time.monotonic)


async def test_concurrency_is_bounded() -> None:
    running = peak = 0

    async def warm_one(target: WarmTarget) -> int:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.001)
        running -= 1
        return target.location_id.int

    report = await run(warm_one)
    assert peak == CONCURRENCY
    assert (report.keys, report.bytes, report.failures, report.hit_ratio) == (10, 45, 0, 1.0)


async def test_failures_and_mismatches_count_and_stop_nobody() -> None:
    async def warm_one(target: WarmTarget) -> int | None:
        if target.location_id.int == 0:
            raise ValueError
        return None if target.location_id.int == 1 else 1

    report = await run(warm_one)
    assert (report.keys, report.failures, report.hit_ratio) == (8, 2, 0.8)


async def test_what_is_not_reached_in_time_is_a_failure() -> None:
    async def warm_one(target: WarmTarget) -> int:
        await asyncio.sleep(0 if target.location_id.int < CONCURRENCY else 60)
        return 1

    report = await run(warm_one, seconds=0.1)
    assert (report.keys, report.failures) == (CONCURRENCY, 10 - CONCURRENCY)
    assert report.model_dump(by_alias=True).keys() == {
        "release",
        "keys",
        "bytes",
        "failures",
        "hitRatio",
        "durationSeconds",
    }
