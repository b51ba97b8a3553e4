"""Owns the HTTP operations on the menu."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from restaurant_api.conditional import build_cached_response
from restaurant_api.dependencies import ContextDep
from restaurant_api.errors import ErrorCode
from restaurant_api.menu import service
from restaurant_api.menu.schemas import Menu
from restaurant_api.openapi import API_PREFIX, responses_for

router = APIRouter(prefix=API_PREFIX, tags=["menu"])


@router.get(
    "/locations/{location_id}/menu",
    summary="Read a location's whole menu",
    response_model=Menu,
    responses={
        304: {"description": "The menu still has the ETag of If-None-Match"},
        **responses_for(
            ErrorCode.LOCATION_NOT_FOUND, ErrorCode.VALIDATION_FAILED, ErrorCode.SYSTEM_DATABASE_UNAVAILABLE
        ),
    },
)
async def read_menu(location_id: UUID, request: Request, context: ContextDep) -> Response:
    return build_cached_response(request, await service.read_menu(context.cache, context.database, location_id))
