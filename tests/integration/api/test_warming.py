"""Warming with real databases and a real Redis, and without."""

from collections.abc import AsyncIterator

import httpx
import pytest

from restaurant_api.context import Context
from restaurant_api.lifespan import become_ready
from restaurant_api.main import build_management_asgi, build_public_asgi
from restaurant_api.warming.service import warm_process, warm_shared
from tests.support.api.processes import build_settings, open_client, ready_context
from tests.support.api.restaurants import Restaurant, insert_restaurant
from tests.support.api.statements import recorded_statements
from tests.support.waiting import find_free_port


@pytest.fixture
async def context(database_url: str, redis_server: str) -> AsyncIterator[Context]:
    async with ready_context(build_settings(database_url, redis_url=redis_server)) as context:
        yield context


async def test_nothing_to_warm_is_a_full_success(context: Context) -> None:
    report = await warm_shared(context)
    assert (report.keys, report.failures, report.hit_ratio) == (0, 0, 1.0)


async def test_a_warmed_release_is_served_by_a_new_replica_without_a_query(
    database_url: str, redis_server: str, context: Context, restaurant: Restaurant
) -> None:
    report = await warm_shared(context)
    assert (report.keys, report.failures, report.hit_ratio, report.release) == (2, 0, 1.0, "r1")
    async with (
        ready_context(build_settings(database_url, redis_url=redis_server)) as other,
        open_client(build_public_asgi(other)) as client,
    ):
        with recorded_statements(other.database) as statements:
            menu = await client.get(f"/api/v1/locations/{restaurant.location_id}/menu")
        assert menu.status_code == 200
        assert statements == []


async def test_report_over_http_and_metrics(management: httpx.AsyncClient, restaurant: Restaurant) -> None:
    del restaurant
    report = (await management.post("/internal/warm")).json()
    assert set(report) == {"release", "keys", "bytes", "failures", "hitRatio", "durationSeconds"}
    state = (await management.get("/internal/cache")).json()
    assert (state["entries"], state["bytes"], state["hasRedis"]) == (2, report["bytes"], True)
    text = (await management.get("/metrics")).text
    assert "restaurant_cache_warm_keys 2.0" in text
    assert "restaurant_cache_warm_failures_total 0.0" in text
    assert "restaurant_cache_entries 2.0" in text


async def test_a_dead_redis_fails_the_job_but_not_the_start(sqlite_url: str) -> None:
    settings = build_settings(sqlite_url, redis_url=f"redis://127.0.0.1:{find_free_port()}/0", redis_timeout=0.1)
    async with ready_context(settings) as context, open_client(build_management_asgi(context)) as management:
        await insert_restaurant(context.database)
        report = await warm_shared(context)
        assert (report.keys, report.failures, report.hit_ratio) == (0, 2, 0.0)
        assert (await warm_process(context)).hit_ratio == 1.0
        await become_ready(context)
        assert not context.readiness.is_degraded
        assert "restaurant_cache_warm_failures_total 2.0" in (await management.get("/metrics")).text


async def test_a_start_that_warms_too_slowly_is_ready_but_degraded(sqlite_url: str) -> None:
    async with ready_context(build_settings(sqlite_url, warm_timeout=0.000001)) as context:
        await insert_restaurant(context.database)
        await become_ready(context)
        async with open_client(build_public_asgi(context)) as client:
            assert (await client.get("/readyz")).json() == {"status": "ready", "degraded": True}
