"""Owns what other domains and the router may ask about locations."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from restaurant_api.errors import ApiError, ErrorCode
from restaurant_api.locations import queries
from restaurant_api.locations.queries import Location
from restaurant_api.locations.schemas import LocationList, LocationOut

__all__ = ["Location", "list_locations", "read_all", "read_location"]

read_all = queries.read_all


async def list_locations(session: AsyncSession) -> LocationList:
    found = await queries.read_all(session)
    return LocationList(locations=[LocationOut.model_validate(location, from_attributes=True) for location in found])


async def read_location(session: AsyncSession, location_id: UUID) -> Location:
    location = await queries.read_one(session, location_id)
    if location is None:
        raise ApiError(ErrorCode.LOCATION_NOT_FOUND)
    return location
