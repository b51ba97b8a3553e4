"""Owns adding the seed's rows, a transaction a batch, and telling running replicas that menus have changed."""

from dataclasses import dataclass
from typing import Any

from restaurant_api.context import Context
from restaurant_api.locations import queries as location_queries
from restaurant_api.menu import queries as menu_queries
from restaurant_api.menu.service import build_menu_key
from restaurant_api.orders import queries as order_queries
from restaurant_api.seeding import plan
from restaurant_api.seeding.menu import read_menu

_BATCH = 500


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """What to add: `orders` is per location."""

    locations: int
    orders: int
    random_seed: int


@dataclass(frozen=True, slots=True)
class Added:
    """What was not there before. `has_told_replicas` is False when Redis is unset or could not be reached."""

    locations: int
    items: int
    orders: int
    has_told_replicas: bool


class SeedConflictError(ValueError):
    """The database holds a restaurant made with another random seed."""


async def seed(context: Context, wanted: SeedPlan) -> Added:
    added = [await _seed_location(context, index, wanted) for index in range(wanted.locations)]
    return Added(
        locations=sum(one.locations for one in added),
        items=sum(one.items for one in added),
        orders=sum(one.orders for one in added),
        has_told_replicas=all(one.has_told_replicas for one in added),
    )


async def _seed_location(context: Context, index: int, wanted: SeedPlan) -> Added:
    location = plan.build_location(index, random_seed=wanted.random_seed)
    menu = plan.build_menu(location, read_menu(), random_seed=wanted.random_seed)
    async with context.database.write() as session:
        locations = await location_queries.insert(session, [location])
        if await location_queries.read_one(session, location["id"]) is None:
            msg = f"location {location['slug']} is there already, made with another random seed"
            raise SeedConflictError(msg)
        await menu_queries.insert_categories(session, menu.categories)
        items = await menu_queries.insert_items(session, menu.items)
        await menu_queries.insert_tags(session, menu.tags)
    # After the commit, or a replica could read the old menu and keep it under the new generation.
    has_told = await context.cache.invalidate(build_menu_key(location["id"]))
    orders = await _seed_orders(context, location, menu.items, wanted)
    return Added(locations, items, orders, has_told)


async def _seed_orders(
    context: Context, location: dict[str, Any], items: tuple[dict[str, Any], ...], wanted: SeedPlan
) -> int:
    added = 0
    for start in range(0, wanted.orders, _BATCH):
        numbers = range(start, min(start + _BATCH, wanted.orders))
        built = [plan.build_order(location, items, number, random_seed=wanted.random_seed) for number in numbers]
        async with context.database.write() as session:
            added += await order_queries.insert_orders_absent(session, [order for order, _ in built])
            await order_queries.insert_lines_absent(session, [line for _, lines in built for line in lines])
    return added
