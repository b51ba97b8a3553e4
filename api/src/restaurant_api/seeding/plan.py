"""Owns which rows the seed consists of. Pure: equal numbers give equal rows and ids, so seeding twice adds nothing.

Each location and each order has a chance of its own, seeded by its name, so that asking for more changes none of the
rows that are there.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from restaurant_api.clock import build_seeded_uuid7
from restaurant_api.orders.schemas import OrderStatus
from restaurant_api.seeding.menu import Section

OPENED = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
ORDER_DAYS = 60
SOLD_OUT_SHARE = 0.03
"""A menu on which nothing is ever sold out would hide half of the product."""

_PLACES = (
    ("old-town", "Old Town", "Europe/Berlin"),
    ("harbour", "Harbour", "Europe/Berlin"),
    ("central-station", "Central Station", "Europe/Vienna"),
    ("riverside", "Riverside", "Europe/Rome"),
    ("university", "University", "Europe/Amsterdam"),
)
_CURRENCY = "EUR"
_STATUSES = (OrderStatus.COMPLETED,) * 19 + (OrderStatus.CANCELLED,)
_NOTES = ("",) * 6 + ("No onions, please", "Allergic to nuts", "Please ring the bell", "Cutlery for two")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeededMenu:
    """Rows of one location's menu, ready to insert."""

    categories: tuple[Row, ...]
    items: tuple[Row, ...]
    tags: tuple[Row, ...]


def build_location(index: int, *, random_seed: int) -> Row:
    """The first five are named; further ones count on."""
    slug, place, time_zone = _PLACES[index] if index < len(_PLACES) else _build_place(index)
    chance = random.Random(f"{random_seed}:{slug}")  # noqa: S311 - reproducible data, no secret
    return {
        "id": build_seeded_uuid7(OPENED, chance),
        "slug": slug,
        "name": f"Trattoria Lindenhof, {place}",
        "time_zone": time_zone,
        "currency": _CURRENCY,
        "accepts_orders": True,
        "created_at": OPENED,
    }


def _build_place(index: int) -> tuple[str, str, str]:
    number = index + 1
    return f"branch-{number:04}", f"Branch {number}", "Europe/Berlin"


def build_menu(location: Row, sections: Sequence[Section], *, random_seed: int) -> SeededMenu:
    chance = random.Random(f"{random_seed}:{location['slug']}:menu")  # noqa: S311 - reproducible data, no secret
    categories: list[Row] = []
    items: list[Row] = []
    tags: list[Row] = []
    for number, section in enumerate(sections):
        category_id = build_seeded_uuid7(OPENED, chance)
        categories.append({"id": category_id, "location_id": location["id"], "name": section.name, "position": number})
        for dish in section.dishes:
            item_id = build_seeded_uuid7(OPENED, chance)
            items.append(
                {
                    "id": item_id,
                    "location_id": location["id"],
                    "category_id": category_id,
                    "name": dish.name,
                    "description": dish.description,
                    "price_minor": dish.price_minor,
                    "is_available": chance.random() >= SOLD_OUT_SHARE,
                    "position": len(items),
                    "created_at": OPENED,
                }
            )
            tags += [{"item_id": item_id, "tag": tag, "location_id": location["id"]} for tag in dish.tags]
    return SeededMenu(tuple(categories), tuple(items), tuple(tags))


def build_order(location: Row, items: Sequence[Row], number: int, *, random_seed: int) -> tuple[Row, list[Row]]:
    """One order and its lines: lunch and dinner on one of the first sixty days."""
    chance = random.Random(f"{random_seed}:{location['slug']}:order:{number}")  # noqa: S311 - reproducible, no secret
    hour = chance.choice((11, 12, 12, 13, 17, 18, 18, 19, 19, 20))
    day = OPENED.replace(hour=0) + timedelta(days=chance.randrange(ORDER_DAYS))
    placed_at = day + timedelta(hours=hour, seconds=chance.randrange(3600))
    order_id = build_seeded_uuid7(placed_at, chance)
    lines = [
        _build_line(order_id, position, item, chance.choice((1, 1, 1, 2, 2, 3)))
        for position, item in enumerate(chance.sample(items, chance.randint(1, 5)))
    ]
    order = {
        "id": order_id,
        "location_id": location["id"],
        "status": chance.choice(_STATUSES).value,
        "version": 5,
        "currency": location["currency"],
        "total_minor": sum(line["unit_price_minor"] * line["quantity"] for line in lines),
        "note": chance.choice(_NOTES),
        "placed_at": placed_at,
    }
    return order, lines


def _build_line(order_id: UUID, position: int, item: Row, quantity: int) -> Row:
    return {
        "order_id": order_id,
        "position": position,
        "item_id": item["id"],
        "name": item["name"],
        "unit_price_minor": item["price_minor"],
        "quantity": quantity,
    }
