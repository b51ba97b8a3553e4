"""Puts a small, known restaurant into a database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat

from restaurant_api.db.session import Database
from restaurant_api.locations import queries as location_queries
from restaurant_api.menu import queries as menu_queries

OPENED = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Restaurant:
    """One open location with two dishes and one that is sold out; and a closed location."""

    location_id: UUID
    closed_id: UUID
    soup_id: UUID
    pizza_id: UUID
    sold_out_id: UUID


def build_location(location_id: UUID, slug: str, *, accepts_orders: bool) -> dict[str, object]:
    return {
        "id": location_id,
        "slug": slug,
        "name": slug.title(),
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "accepts_orders": accepts_orders,
        "created_at": OPENED,
    }


async def insert_restaurant(database: Database, *, items: int = 3, prefix: str = "") -> Restaurant:
    """`items` beyond three are fillers; `prefix` keeps the slugs of two restaurants apart."""
    new_id = uuid_utils.compat.uuid7
    place, closed, category = new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(items)]
    names = ["Soup", "Pizza", "Oysters", *(f"Dish {n}" for n in range(3, items))]
    rows = [
        {
            "id": item_id,
            "location_id": place,
            "category_id": category,
            "name": names[n],
            "description": "",
            "price_minor": 500 + n,
            "is_available": n != 2,
            "position": n,
            "created_at": OPENED,
        }
        for n, item_id in enumerate(ids)
    ]
    locations = [
        build_location(place, f"{prefix}main", accepts_orders=True),
        build_location(closed, f"{prefix}closed", accepts_orders=False),
    ]
    async with database.write() as session:
        await location_queries.insert(session, locations)
        await menu_queries.insert_categories(
            session, [{"id": category, "location_id": place, "name": "All", "position": 0}]
        )
        await menu_queries.insert_items(session, rows)
        await menu_queries.insert_tags(session, [{"item_id": ids[0], "tag": "vegan", "location_id": place}])
    return Restaurant(place, closed, *ids[:3])
