"""Owns the two kinds of warming: a starting replica fills itself from what is there; a job renews Redis."""

from restaurant_api.context import Context
from restaurant_api.locations import service as locations
from restaurant_api.menu import service as menu
from restaurant_api.warming.plan import WarmTarget, build_plan
from restaurant_api.warming.runner import WarmOne, WarmReport, run_plan


async def warm_process(context: Context) -> WarmReport:
    """Fills this process from Redis, and both from the database where Redis has nothing. Redis may be down."""

    async def warm_one(target: WarmTarget) -> int | None:
        cached = await menu.read_menu(context.cache, context.database, target.location_id)
        found = context.cache.peek(menu.build_menu_key(target.location_id))
        return len(cached.body) if found == cached else None

    return await _run(context, warm_one)


async def warm_shared(context: Context) -> WarmReport:
    """Renews every key from the database and reads back what other replicas will find."""

    async def warm_one(target: WarmTarget) -> int | None:
        key = menu.build_menu_key(target.location_id)
        written = await context.cache.refresh(key, lambda: menu.load_menu(context.database, target.location_id))
        found = await context.cache.read_back(key)
        return len(written.body) if found == written else None

    return await _run(context, warm_one)


async def _run(context: Context, warm_one: WarmOne) -> WarmReport:
    async with context.database.read() as session:
        plan = build_plan(await locations.read_all(session))
    report = await run_plan(
        plan,
        warm_one,
        release=context.settings.release,
        timeout_seconds=context.settings.warm_timeout,
        monotonic=context.clock.monotonic,
    )
    _note(context, report)
    return report


def _note(context: Context, report: WarmReport) -> None:
    metrics = context.metrics.cache
    metrics.warm_keys.set(report.keys)
    metrics.warm_duration.set(report.duration_seconds)
    metrics.warm_failures.inc(report.failures)
    if not report.failures:
        metrics.warm_last_success.set(context.clock.now().timestamp())
