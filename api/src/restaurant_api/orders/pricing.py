"""Owns what an order costs. Pure: the client's numbers are quantities only, names and prices come from the menu."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from restaurant_api.api_model import Money
from restaurant_api.errors import ApiError, ErrorCode, FieldError
from restaurant_api.locations.service import Location
from restaurant_api.menu.service import PricedItem
from restaurant_api.orders.queries import Order, OrderLine
from restaurant_api.orders.schemas import NewOrder, NewOrderLine, OrderLineOut, OrderOut, OrderStatus


def build_lines(ordered: Sequence[NewOrderLine], menu: Mapping[UUID, PricedItem]) -> list[OrderLine]:
    """Raises ApiError with a pointer for each item that is not on the menu, or else for each that is sold out."""
    _refuse(ErrorCode.ORDER_ITEM_UNKNOWN, [n for n, line in enumerate(ordered) if line.item_id not in menu])
    _refuse(ErrorCode.ORDER_ITEM_SOLD_OUT, [n for n, line in enumerate(ordered) if not menu[line.item_id].is_available])
    return [
        OrderLine(
            position=position,
            item_id=line.item_id,
            name=menu[line.item_id].name,
            unit_price_minor=menu[line.item_id].price_minor,
            quantity=line.quantity,
        )
        for position, line in enumerate(ordered)
    ]


def _refuse(code: ErrorCode, positions: Sequence[int]) -> None:
    if positions:
        detail = "Not on the menu" if code is ErrorCode.ORDER_ITEM_UNKNOWN else "Sold out"
        raise ApiError(code, errors=tuple(FieldError(f"/items/{n}/itemId", detail) for n in positions))


def build_order(
    new: NewOrder, lines: Sequence[OrderLine], *, location: Location, order_id: UUID, now: datetime
) -> Order:
    return Order(
        id=order_id,
        location_id=location.id,
        status=OrderStatus.PLACED,
        version=1,
        currency=location.currency,
        total_minor=sum(line.unit_price_minor * line.quantity for line in lines),
        note=new.note,
        placed_at=now,
    )


def build_order_out(order: Order, lines: Sequence[OrderLine]) -> OrderOut:
    def money(amount: int) -> Money:
        return Money(amount=amount, currency=order.currency)

    return OrderOut(
        id=order.id,
        location_id=order.location_id,
        status=OrderStatus(order.status),
        version=order.version,
        placed_at=order.placed_at,
        note=order.note,
        items=[
            OrderLineOut(
                item_id=line.item_id,
                name=line.name,
                quantity=line.quantity,
                unit_price=money(line.unit_price_minor),
                line_total=money(line.unit_price_minor * line.quantity),
            )
            for line in lines
        ],
        total=money(order.total_minor),
    )
