"""Owns the table of locations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from restaurant_api.db.base import Base, UtcDateTime


class LocationRow(Base):
    """`currency` is ISO 4217, `time_zone` IANA. The slug is what people and metrics call the location."""

    __tablename__ = "locations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    time_zone: Mapped[str] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    accepts_orders: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
