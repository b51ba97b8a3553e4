"""Owns how locations look over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from restaurant_api.api_model import ApiModel


class LocationOut(ApiModel):
    """A place of the restaurant."""

    id: UUID
    slug: Annotated[str, Field(examples=["old-town"])]
    name: Annotated[str, Field(examples=["Trattoria Lindenhof, Old Town"])]
    time_zone: Annotated[str, Field(description="IANA name", examples=["Europe/Berlin"])]
    currency: Annotated[str, Field(description="ISO 4217 code of all prices", examples=["EUR"])]
    accepts_orders: bool


class LocationList(ApiModel):
    """All places, by slug."""

    locations: list[LocationOut]
