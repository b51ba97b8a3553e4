"""Owns /livez and /readyz."""

import asyncio
from typing import Literal

from fastapi import APIRouter

from restaurant_api.api_model import ApiModel
from restaurant_api.db.session import DatabaseUnavailableError
from restaurant_api.dependencies import ContextDep
from restaurant_api.errors import ApiError, ErrorCode
from restaurant_api.openapi import responses_for

PING_SECONDS = 1.0
"""Shorter than a kubelet's probe timeout would have to be for the answer to say why."""

router = APIRouter(tags=["health"])


class Live(ApiModel):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(ApiModel):
    """The process may be sent traffic."""

    status: Literal["ready"] = "ready"
    degraded: bool


@router.get("/livez", summary="Is the process alive", responses=responses_for())
async def read_liveness() -> Live:
    return Live()


@router.get(
    "/readyz",
    summary="May the process be sent traffic",
    responses=responses_for(
        ErrorCode.SYSTEM_DATABASE_UNAVAILABLE,
        ErrorCode.SYSTEM_SCHEMA_NOT_CURRENT,
        ErrorCode.SYSTEM_WARMING,
        ErrorCode.SYSTEM_SHUTTING_DOWN,
    ),
)
async def read_readiness(context: ContextDep) -> Ready:
    if context.readiness.is_shutting_down:
        raise ApiError(ErrorCode.SYSTEM_SHUTTING_DOWN)
    try:
        async with asyncio.timeout(PING_SECONDS):
            await context.database.ping()
    except TimeoutError as error:
        raise DatabaseUnavailableError from error
    refusal = context.readiness.decide_refusal()
    if refusal is not None:
        raise ApiError(refusal)
    return Ready(degraded=context.readiness.is_degraded)
