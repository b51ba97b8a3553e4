"""Owns the HTTP operations on locations."""

from fastapi import APIRouter

from restaurant_api.dependencies import ContextDep
from restaurant_api.errors import ErrorCode
from restaurant_api.locations import service
from restaurant_api.locations.schemas import LocationList
from restaurant_api.openapi import API_PREFIX, responses_for

router = APIRouter(prefix=API_PREFIX, tags=["locations"])


@router.get("/locations", summary="List locations", responses=responses_for(ErrorCode.SYSTEM_DATABASE_UNAVAILABLE))
async def list_locations(context: ContextDep) -> LocationList:
    async with context.database.read() as session:
        return await service.list_locations(session)
