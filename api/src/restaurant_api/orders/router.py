"""Owns the HTTP operations on orders."""

import json
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import Response

from restaurant_api.dependencies import ContextDep
from restaurant_api.errors import ErrorCode
from restaurant_api.openapi import API_PREFIX, responses_for
from restaurant_api.orders import service
from restaurant_api.orders.schemas import NewOrder, OrderOut, OrderStatus

router = APIRouter(prefix=API_PREFIX, tags=["orders"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text that is unique to this order. Sent again with the same body, it gets the same answer "
        "and places nothing. Kept for at least 24 hours.",
        examples=["6f1c2a0e-5b0f-4f0e-9d55-0c1f6a7e2b11"],
    ),
]


@router.post(
    "/locations/{location_id}/orders",
    summary="Place an order",
    status_code=HTTPStatus.CREATED,
    response_model=OrderOut,
    responses=responses_for(
        ErrorCode.VALIDATION_FAILED,
        ErrorCode.VALIDATION_MALFORMED_JSON,
        ErrorCode.LOCATION_NOT_FOUND,
        ErrorCode.ORDER_ITEM_UNKNOWN,
        ErrorCode.ORDER_ITEM_SOLD_OUT,
        ErrorCode.ORDER_INTAKE_CLOSED,
        ErrorCode.ORDER_IDEMPOTENCY_MISMATCH,
        ErrorCode.ORDER_IN_FLIGHT,
        ErrorCode.SYSTEM_DATABASE_UNAVAILABLE,
    ),
)
async def create_order(
    location_id: UUID, order: NewOrder, context: ContextDep, idempotency_key: IdempotencyKey = None
) -> Response:
    async with context.database.write() as session:
        placed = await service.create_order(
            session, order, location_id=location_id, key=idempotency_key, clock=context.clock
        )
    # Only past the commit is the order real, for the metrics as for the guest.
    if placed.location_slug is not None:
        context.metrics.orders.labels(placed.location_slug, OrderStatus.PLACED.value).inc()
    order_id = json.loads(placed.body)["id"]
    headers = {"location": f"{API_PREFIX}/orders/{order_id}", "cache-control": "no-store"}
    return Response(placed.body, HTTPStatus.CREATED, headers=headers, media_type="application/json")


@router.get(
    "/orders/{order_id}",
    summary="Read an order",
    responses=responses_for(
        ErrorCode.ORDER_NOT_FOUND, ErrorCode.VALIDATION_FAILED, ErrorCode.SYSTEM_DATABASE_UNAVAILABLE
    ),
)
async def read_order(order_id: UUID, context: ContextDep, response: Response) -> OrderOut:
    """Whoever knows the id may read the order: it carries 74 random bits. Sign-in narrows this later."""
    response.headers["cache-control"] = "no-store"
    async with context.database.read() as session:
        return await service.read_order(session, order_id)
