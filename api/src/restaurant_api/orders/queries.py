"""Owns every statement on orders and on idempotency keys."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from restaurant_api.db.insert import insert_absent
from restaurant_api.orders.tables import IdempotencyRow, OrderLineRow, OrderRow


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One ordered item with its frozen name and price."""

    position: int
    item_id: UUID
    name: str
    unit_price_minor: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order without its lines."""

    id: UUID
    location_id: UUID
    status: str
    version: int
    currency: str
    total_minor: int
    note: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered to the first request with a key."""

    fingerprint: str
    response: bytes


async def read_order(session: AsyncSession, order_id: UUID) -> Order | None:
    statement = select(
        OrderRow.id,
        OrderRow.location_id,
        OrderRow.status,
        OrderRow.version,
        OrderRow.currency,
        OrderRow.total_minor,
        OrderRow.note,
        OrderRow.placed_at,
    ).where(OrderRow.id == order_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Order(*row)


async def read_lines(session: AsyncSession, order_id: UUID) -> list[OrderLine]:
    statement = (
        select(
            OrderLineRow.position,
            OrderLineRow.item_id,
            OrderLineRow.name,
            OrderLineRow.unit_price_minor,
            OrderLineRow.quantity,
        )
        .where(OrderLineRow.order_id == order_id)
        .order_by(OrderLineRow.position)
    )
    return [OrderLine(*row) for row in await session.execute(statement)]


async def insert_order(session: AsyncSession, order: Order, lines: Sequence[OrderLine]) -> None:
    await session.execute(insert(OrderRow), [asdict(order)])
    await session.execute(insert(OrderLineRow), [asdict(line) | {"order_id": order.id} for line in lines])


async def insert_orders_absent(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    return await insert_absent(session, OrderRow, rows)


async def insert_lines_absent(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    return await insert_absent(session, OrderLineRow, rows)


async def read_answer(session: AsyncSession, location_id: UUID, key: str) -> StoredAnswer | None:
    statement = select(IdempotencyRow.fingerprint, IdempotencyRow.response).where(
        IdempotencyRow.location_id == location_id, IdempotencyRow.key == key
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else StoredAnswer(*row)


async def claim_key(session: AsyncSession, location_id: UUID, key: str, *, answer: StoredAnswer, now: datetime) -> bool:
    """False when another transaction has committed the key. Waits while one that has not ended holds it."""
    row = asdict(answer) | {"location_id": location_id, "key": key, "created_at": now}
    return await insert_absent(session, IdempotencyRow, [row]) == 1
