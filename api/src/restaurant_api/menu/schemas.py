"""Owns how the menu looks over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from restaurant_api.api_model import ApiModel, Money


class MenuItem(ApiModel):
    """A dish or drink."""

    id: UUID
    name: Annotated[str, Field(examples=["Tagliatelle al ragù"])]
    description: Annotated[str, Field(examples=["Fresh egg pasta, beef and pork braised for six hours"])]
    price: Money
    is_available: Annotated[bool, Field(description="False while sold out")]
    tags: Annotated[list[str], Field(examples=[["vegetarian"]])]


class MenuCategory(ApiModel):
    """A heading of the menu with its items, in the order in which they are shown."""

    id: UUID
    name: Annotated[str, Field(examples=["Pasta"])]
    items: list[MenuItem]


class Menu(ApiModel):
    """A location's whole published menu."""

    location_id: UUID
    currency: Annotated[str, Field(examples=["EUR"])]
    categories: list[MenuCategory]
