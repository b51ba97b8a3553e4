"""Owns creating and reading orders. Must not commit: the caller's transaction holds order and key together."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from restaurant_api.clock import Clock
from restaurant_api.errors import ApiError, ErrorCode
from restaurant_api.locations import service as locations
from restaurant_api.menu import service as menu
from restaurant_api.orders import idempotency, pricing, queries
from restaurant_api.orders.queries import StoredAnswer
from restaurant_api.orders.schemas import NewOrder, OrderOut


@dataclass(frozen=True, slots=True)
class Placed:
    """The answer to send. `location_slug` is None when it is a repeated answer: nothing new was placed."""

    body: bytes
    location_slug: str | None


async def create_order(
    session: AsyncSession, new: NewOrder, *, location_id: UUID, key: str | None, clock: Clock
) -> Placed:
    fingerprint = idempotency.compute_fingerprint(new)
    # Before anything else: a repeated request gets its answer even when the menu has changed since.
    if key is not None:
        replay = await idempotency.read_replay(session, location_id, key, fingerprint=fingerprint)
        if replay is not None:
            return Placed(replay, None)
    location = await locations.read_location(session, location_id)
    if not location.accepts_orders:
        raise ApiError(ErrorCode.ORDER_INTAKE_CLOSED)
    priced = await menu.read_priced_items(session, location_id, {line.item_id for line in new.items})
    lines = pricing.build_lines(new.items, priced)
    order = pricing.build_order(new, lines, location=location, order_id=clock.new_id(), now=clock.now())
    body = pricing.build_order_out(order, lines).model_dump_json().encode()
    if key is not None:
        answer = StoredAnswer(fingerprint, body)
        replay = await idempotency.claim(session, location_id, key, answer=answer, clock=clock)
        if replay is not None:
            return Placed(replay, None)
    await queries.insert_order(session, order, lines)
    return Placed(body, location.slug)


async def read_order(session: AsyncSession, order_id: UUID) -> OrderOut:
    order = await queries.read_order(session, order_id)
    if order is None:
        raise ApiError(ErrorCode.ORDER_NOT_FOUND)
    return pricing.build_order_out(order, await queries.read_lines(session, order_id))
