"""Owns every statement on the menu."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from restaurant_api.db.insert import insert_absent
from restaurant_api.menu.tables import CategoryRow, ItemRow, ItemTagRow


@dataclass(frozen=True, slots=True)
class Category:
    """A heading of the menu."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """A dish as the menu shows it."""

    id: UUID
    category_id: UUID
    name: str
    description: str
    price_minor: int
    is_available: bool


@dataclass(frozen=True, slots=True)
class PricedItem:
    """What an order needs to know of an item, frozen at the moment of reading."""

    id: UUID
    name: str
    price_minor: int
    is_available: bool


async def read_categories(session: AsyncSession, location_id: UUID) -> list[Category]:
    statement = (
        select(CategoryRow.id, CategoryRow.name)
        .where(CategoryRow.location_id == location_id)
        .order_by(CategoryRow.position, CategoryRow.id)
    )
    return [Category(*row) for row in await session.execute(statement)]


async def read_items(session: AsyncSession, location_id: UUID) -> list[Item]:
    statement = (
        select(
            ItemRow.id,
            ItemRow.category_id,
            ItemRow.name,
            ItemRow.description,
            ItemRow.price_minor,
            ItemRow.is_available,
        )
        .where(ItemRow.location_id == location_id)
        .order_by(ItemRow.position, ItemRow.id)
    )
    return [Item(*row) for row in await session.execute(statement)]


async def read_tags(session: AsyncSession, location_id: UUID) -> dict[UUID, list[str]]:
    """Tags by item id, in alphabetical order."""
    statement = (
        select(ItemTagRow.item_id, ItemTagRow.tag).where(ItemTagRow.location_id == location_id).order_by(ItemTagRow.tag)
    )
    tags: dict[UUID, list[str]] = defaultdict(list)
    for item_id, tag in await session.execute(statement):
        tags[item_id].append(tag)
    return tags


async def read_priced_items(
    session: AsyncSession, location_id: UUID, item_ids: Collection[UUID]
) -> dict[UUID, PricedItem]:
    """Those of the items that are on this location's menu, by id."""
    statement = select(ItemRow.id, ItemRow.name, ItemRow.price_minor, ItemRow.is_available).where(
        ItemRow.location_id == location_id, ItemRow.id.in_(item_ids)
    )
    return {row[0]: PricedItem(*row) for row in await session.execute(statement)}


async def insert_categories(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    return await insert_absent(session, CategoryRow, rows)


async def insert_items(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    return await insert_absent(session, ItemRow, rows)


async def insert_tags(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    return await insert_absent(session, ItemTagRow, rows)
