"""The seed over both databases."""

import httpx
import pytest
from sqlalchemy import text

from restaurant_api.context import Context
from restaurant_api.menu.service import build_menu_key, read_menu
from restaurant_api.seeding.plan import build_location
from restaurant_api.seeding.service import SeedPlan, seed
from tests.support.api.processes import build_settings, ready_context
from tests.support.waiting import find_free_port


async def test_seeding_adds_only_what_is_missing(context: Context, client: httpx.AsyncClient) -> None:
    first = await seed(context, SeedPlan(locations=1, orders=10, random_seed=1))
    assert (first.locations, first.items, first.orders) == (1, 120, 10)
    again = await seed(context, SeedPlan(locations=1, orders=10, random_seed=1))
    assert (again.locations, again.items, again.orders) == (0, 0, 0)
    more = await seed(context, SeedPlan(locations=2, orders=15, random_seed=1))
    assert (more.locations, more.items, more.orders) == (1, 120, 20)
    (location, _) = (await client.get("/api/v1/locations")).json()["locations"]
    menu = (await client.get(f"/api/v1/locations/{location['id']}/menu")).json()
    assert [len(category["items"]) for category in menu["categories"]] == [12] * 10


async def test_every_seeded_order_adds_up(context: Context, client: httpx.AsyncClient) -> None:
    await seed(context, SeedPlan(locations=1, orders=30, random_seed=2))
    async with context.database.read() as session:
        totals = await session.execute(
            text(
                "SELECT o.id, o.total_minor, SUM(l.unit_price_minor * l.quantity) FROM orders o "
                "JOIN order_lines l ON l.order_id = o.id GROUP BY o.id, o.total_minor"
            )
        )
        rows = totals.all()
    assert len(rows) == 30
    assert all(row[1] == row[2] for row in rows)
    assert (await client.get(f"/api/v1/orders/{rows[0][0]}")).status_code == 200


async def test_another_random_seed_does_not_clash_over_slugs(context: Context) -> None:
    await seed(context, SeedPlan(locations=1, orders=0, random_seed=1))
    with pytest.raises(ValueError, match="random seed"):
        await seed(context, SeedPlan(locations=1, orders=0, random_seed=2))


async def test_replicas_are_told(sqlite_url: str, redis_server: str) -> None:
    async with (
        ready_context(build_settings(sqlite_url, redis_url=redis_server)) as replica,
        ready_context(build_settings(sqlite_url, redis_url=redis_server)) as seeder,
    ):
        added = await seed(seeder, SeedPlan(locations=1, orders=0, random_seed=1))
        assert added.has_told_replicas
        location_id = build_location(0, random_seed=1)["id"]
        before = await read_menu(replica.cache, replica.database, location_id)
        async with seeder.database.write() as session:
            await session.execute(text("DELETE FROM menu_item_tags"))
        await seed(seeder, SeedPlan(locations=1, orders=0, random_seed=1))
        after = await replica.cache.read_back(build_menu_key(location_id))
        assert after is None
        assert before.body


async def test_an_unreachable_redis_is_told_of(sqlite_url: str) -> None:
    settings = build_settings(sqlite_url, redis_url=f"redis://127.0.0.1:{find_free_port()}/0", redis_timeout=0.1)
    async with ready_context(settings) as context:
        added = await seed(context, SeedPlan(locations=1, orders=0, random_seed=1))
    assert (added.items, added.has_told_replicas) == (120, False)
