"""Owns the tables of orders. Names and prices are copied at creation: a later change of the menu changes no order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from restaurant_api.db.base import Base, UtcDateTime


class OrderRow(Base):
    """`version` counts the order's changes, from 1."""

    __tablename__ = "orders"
    __table_args__ = (
        Index(None, "location_id", "status", "placed_at"),
        CheckConstraint("total_minor >= 0", name="total_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(500))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderLineRow(Base):
    """One ordered item; `position` counts from 0."""

    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(120))
    unit_price_minor: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int]


class IdempotencyRow(Base):
    """The answer once given for a key. `fingerprint` is the SHA-256 of the request, `response` the bytes sent."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    response: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
