"""Owns every statement on locations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from restaurant_api.db.insert import insert_absent
from restaurant_api.locations.tables import LocationRow


@dataclass(frozen=True, slots=True)
class Location:
    """One place of the restaurant."""

    id: UUID
    slug: str
    name: str
    time_zone: str
    currency: str
    accepts_orders: bool


_COLUMNS = select(
    LocationRow.id,
    LocationRow.slug,
    LocationRow.name,
    LocationRow.time_zone,
    LocationRow.currency,
    LocationRow.accepts_orders,
)


async def read_all(session: AsyncSession) -> list[Location]:
    return [Location(*row) for row in await session.execute(_COLUMNS.order_by(LocationRow.slug))]


async def read_one(session: AsyncSession, location_id: UUID) -> Location | None:
    row = (await session.execute(_COLUMNS.where(LocationRow.id == location_id))).one_or_none()
    return None if row is None else Location(*row)


async def insert(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    return await insert_absent(session, LocationRow, rows)
