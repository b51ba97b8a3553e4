"""Owns how orders look over HTTP, and the bounds of what a guest may send."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from restaurant_api.api_model import ApiModel, Money, PlainText, RequestModel

MAX_LINES = 100
MAX_QUANTITY = 99


class OrderStatus(StrEnum):
    """`placed -> accepted -> preparing -> ready -> completed`; `cancelled` from any state before `completed`."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    READY = "ready"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class NewOrderLine(RequestModel):
    """An item of the menu and how many of it."""

    item_id: UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_QUANTITY, examples=[2])]


class NewOrder(RequestModel):
    """What a guest orders. Names and prices come from the server."""

    items: Annotated[list[NewOrderLine], Field(min_length=1, max_length=MAX_LINES)]
    note: Annotated[PlainText, Field(max_length=500, examples=["No onions, please"])] = ""


class OrderLineOut(ApiModel):
    """An ordered item with the name and price at the time of ordering."""

    item_id: UUID
    name: str
    quantity: int
    unit_price: Money
    line_total: Money


class OrderOut(ApiModel):
    """An order."""

    id: UUID
    location_id: UUID
    status: OrderStatus
    version: Annotated[int, Field(description="Counts the order's changes, from 1")]
    placed_at: Annotated[datetime, Field(description="RFC 3339, UTC")]
    note: str
    items: list[OrderLineOut]
    total: Money
