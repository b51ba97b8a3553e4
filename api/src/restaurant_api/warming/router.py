"""Owns the management operations on the cache. Served on the management port only."""

from fastapi import APIRouter

from restaurant_api.api_model import ApiModel
from restaurant_api.dependencies import ContextDep
from restaurant_api.errors import ErrorCode
from restaurant_api.openapi import responses_for
from restaurant_api.warming import service
from restaurant_api.warming.runner import WarmReport

router = APIRouter(prefix="/internal", tags=["management"])


class CacheState(ApiModel):
    """The cache of this process."""

    release: str
    entries: int
    bytes: int
    has_redis: bool
    is_circuit_open: bool


@router.post(
    "/warm",
    summary="Warm the cache and report",
    responses=responses_for(ErrorCode.SYSTEM_DATABASE_UNAVAILABLE),
)
async def warm(context: ContextDep) -> WarmReport:
    """Answers 200 with the report whatever the ratio: the caller judges it."""
    return await service.warm_shared(context)


@router.get("/cache", summary="Cache statistics", responses=responses_for())
async def read_cache_state(context: ContextDep) -> CacheState:
    stats = context.cache.read_stats()
    return CacheState(
        release=context.settings.release,
        entries=stats.entries,
        bytes=stats.bytes,
        has_redis=stats.has_shared,
        is_circuit_open=stats.is_circuit_open,
    )
