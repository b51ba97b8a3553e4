"""Owns the tables of the menu. Prices are minor units in the location's currency."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from restaurant_api.db.base import Base, UtcDateTime


class CategoryRow(Base):
    """A heading of the menu."""

    __tablename__ = "menu_categories"
    __table_args__ = (Index(None, "location_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]


class ItemRow(Base):
    """A dish or drink. The location is repeated from the category, so that one index serves the whole menu."""

    __tablename__ = "menu_items"
    __table_args__ = (
        Index(None, "location_id", "position"),
        Index(None, "category_id"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    category_id: Mapped[UUID] = mapped_column(ForeignKey("menu_categories.id"))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500))
    price_minor: Mapped[int] = mapped_column(BigInteger)
    is_available: Mapped[bool]
    position: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ItemTagRow(Base):
    """A tag of an item, for example `vegan`. The location is repeated for reading a whole menu by one index."""

    __tablename__ = "menu_item_tags"
    __table_args__ = (Index(None, "location_id", "tag"),)

    item_id: Mapped[UUID] = mapped_column(ForeignKey("menu_items.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
