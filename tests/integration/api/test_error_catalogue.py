"""Every code that an operation declares in OpenAPI is produced on that operation, and no other one is ever seen.

The recorder on every client of the suite checks the shape of each error; here each (operation, code) has a scenario.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.types import ASGIApp, Receive, Scope, Send

from restaurant_api.context import Context
from restaurant_api.db.session import Database
from restaurant_api.errors import ErrorCode
from restaurant_api.health.readiness import Readiness
from restaurant_api.main import build_management_app, build_public_app
from restaurant_api.middleware.stack import build_stack
from restaurant_api.openapi import EVERYWHERE
from restaurant_api.orders import queries
from restaurant_api.orders.queries import StoredAnswer
from restaurant_api.settings import build_database_url
from tests.support.api.clocks import START
from tests.support.api.processes import build_settings, open_client, ready_context
from tests.support.api.recorder import check_problem
from tests.support.api.restaurants import Restaurant, insert_restaurant
from tests.support.waiting import find_free_port

JSON = {"content-type": "application/json"}
LIST = "GET /api/v1/locations"
MENU = "GET /api/v1/locations/{location_id}/menu"
PLACE = "POST /api/v1/locations/{location_id}/orders"
ORDER = "GET /api/v1/orders/{order_id}"
LIVE = "GET /livez"
READY = "GET /readyz"
WARM = "POST /internal/warm"
CACHE = "GET /internal/cache"


@dataclass(frozen=True)
class World:
    """What scenarios work on."""

    context: Context
    restaurant: Restaurant

    async def call(
        self,
        operation: str,
        *,
        context: Context | None = None,
        app: ASGIApp | None = None,
        item: UUID | None = None,
        location: object = None,
        order: object = None,
        **request: Any,  # noqa: ANN401 - httpx's own
    ) -> httpx.Response:
        method, template = operation.split(" ")
        context = context or self.context
        path = template.format(location_id=location or self.restaurant.location_id, order_id=order or uuid4())
        if operation == PLACE and "content" not in request:
            request["json"] = {"items": [{"itemId": str(item or self.restaurant.soup_id), "quantity": 1}]}
        async with open_client(wrap(app or build_app(operation, context), context)) as client:
            return await client.request(method, path, **request)


def build_app(operation: str, context: Context) -> FastAPI:
    return build_management_app(context) if "/internal/" in operation else build_public_app(context)


def wrap(app: ASGIApp, context: Context) -> ASGIApp:
    return build_stack(
        app, clock=context.clock, max_body_bytes=context.settings.max_body_bytes, metrics=context.metrics.http
    )


@pytest.fixture
async def world(postgres_url: str) -> AsyncIterator[World]:
    async with ready_context(build_settings(postgres_url, database_lock_timeout=0.2)) as context:
        yield World(context, await insert_restaurant(context.database))


class Crash:
    """A layer of the framework with a bug."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        msg = f"secret internals of {self._app} {scope} {receive} {send}"
        raise RuntimeError(msg)


async def crash(world: World, operation: str) -> httpx.Response:
    app = build_app(operation, world.context)
    app.add_middleware(Crash)
    response = await world.call(operation, app=app)
    assert "secret" not in response.text
    return response


async def send_too_much(world: World, operation: str) -> httpx.Response:
    return await world.call(operation, content=b"x" * (world.context.settings.max_body_bytes + 1), headers=JSON)


async def lose_database(world: World, operation: str) -> httpx.Response:
    url = build_database_url(f"postgresql://nobody@127.0.0.1:{find_free_port()}/gone")
    context = replace(world.context, database=Database(url, lock_timeout_seconds=1))
    response = await world.call(operation, context=context)
    assert response.headers["retry-after"] == "1"
    return response


async def unknown_location(world: World, operation: str) -> httpx.Response:
    return await world.call(operation, location=uuid4())


async def bad_location(world: World, operation: str) -> httpx.Response:
    return await world.call(operation, location="no-uuid")


async def bad_order_id(world: World, operation: str) -> httpx.Response:
    return await world.call(operation, order="no-uuid")


async def unknown_order(world: World, operation: str) -> httpx.Response:
    return await world.call(operation)


async def malformed(world: World, operation: str) -> httpx.Response:
    return await world.call(operation, content=b'{"items": [', headers=JSON)


async def unknown_item(world: World, operation: str) -> httpx.Response:
    response = await world.call(operation, item=uuid4())
    assert response.json()["errors"] == [{"pointer": "/items/0/itemId", "detail": "Not on the menu"}]
    return response


async def sold_out(world: World, operation: str) -> httpx.Response:
    response = await world.call(operation, item=world.restaurant.sold_out_id)
    assert response.json()["errors"] == [{"pointer": "/items/0/itemId", "detail": "Sold out"}]
    return response


async def closed(world: World, operation: str) -> httpx.Response:
    return await world.call(operation, location=world.restaurant.closed_id)


async def mismatch(world: World, operation: str) -> httpx.Response:
    headers = {"idempotency-key": "k"}
    await world.call(operation, headers=headers)
    return await world.call(operation, item=world.restaurant.pizza_id, headers=headers)


async def in_flight(world: World, operation: str) -> httpx.Response:
    answer = StoredAnswer("f" * 64, b"{}")
    async with world.context.database.write() as session:
        await queries.claim_key(session, world.restaurant.location_id, "k", answer=answer, now=START)
        response = await world.call(operation, headers={"idempotency-key": "k"})
    assert response.headers["retry-after"] == "1"
    return response


async def test_a_locked_table_is_the_database_too_busy_and_no_crash(world: World) -> None:
    async with world.context.database.write() as session:
        await session.execute(text("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"))
        responses = [await world.call(PLACE), await world.call(PLACE, headers={"idempotency-key": "k"})]
        responses.append(await world.call(ORDER))
    for response in responses:
        assert check_problem(response) is ErrorCode.SYSTEM_DATABASE_UNAVAILABLE
        assert response.headers["retry-after"] == "1"


def unready(**state: bool) -> Callable[[World, str], Awaitable[httpx.Response]]:
    async def ask(world: World, operation: str) -> httpx.Response:
        return await world.call(operation, context=replace(world.context, readiness=Readiness(**state)))

    return ask


SCENARIOS: dict[tuple[str, ErrorCode], Callable[[World, str], Awaitable[httpx.Response]]] = {
    **{(operation, ErrorCode.SYSTEM_INTERNAL_ERROR): crash for operation in (LIST, MENU, PLACE, ORDER, LIVE, READY)},
    **{(operation, ErrorCode.SYSTEM_INTERNAL_ERROR): crash for operation in (WARM, CACHE)},
    **{
        (operation, ErrorCode.VALIDATION_BODY_TOO_LARGE): send_too_much
        for operation in (LIST, MENU, PLACE, ORDER, LIVE, READY, WARM, CACHE)
    },
    **{
        (operation, ErrorCode.SYSTEM_DATABASE_UNAVAILABLE): lose_database
        for operation in (LIST, MENU, PLACE, ORDER, READY, WARM)
    },
    (MENU, ErrorCode.LOCATION_NOT_FOUND): unknown_location,
    (MENU, ErrorCode.VALIDATION_FAILED): bad_location,
    (PLACE, ErrorCode.VALIDATION_FAILED): bad_location,
    (PLACE, ErrorCode.VALIDATION_MALFORMED_JSON): malformed,
    (PLACE, ErrorCode.LOCATION_NOT_FOUND): unknown_location,
    (PLACE, ErrorCode.ORDER_ITEM_UNKNOWN): unknown_item,
    (PLACE, ErrorCode.ORDER_ITEM_SOLD_OUT): sold_out,
    (PLACE, ErrorCode.ORDER_INTAKE_CLOSED): closed,
    (PLACE, ErrorCode.ORDER_IDEMPOTENCY_MISMATCH): mismatch,
    (PLACE, ErrorCode.ORDER_IN_FLIGHT): in_flight,
    (ORDER, ErrorCode.ORDER_NOT_FOUND): unknown_order,
    (ORDER, ErrorCode.VALIDATION_FAILED): bad_order_id,
    (READY, ErrorCode.SYSTEM_SHUTTING_DOWN): unready(is_shutting_down=True),
    (READY, ErrorCode.SYSTEM_SCHEMA_NOT_CURRENT): unready(),
    (READY, ErrorCode.SYSTEM_WARMING): unready(is_schema_usable=True),
}
OUTSIDE_OPERATIONS = {
    ErrorCode.SYSTEM_ROUTE_NOT_FOUND,  # test_problems.py
    ErrorCode.SYSTEM_METHOD_NOT_ALLOWED,  # test_problems.py
    ErrorCode.VALIDATION_NOT_HTTP,  # test_process.py
}


def read_declared(document: dict[str, Any]) -> set[tuple[str, ErrorCode]]:
    return {
        (f"{method.upper()} {path}", ErrorCode(code))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for response in operation["responses"].values()
        for code in response.get("x-error-codes", ())
    }


@pytest.mark.parametrize(("operation", "code"), SCENARIOS, ids=str)
async def test_operation_answers_with_code(world: World, operation: str, code: ErrorCode) -> None:
    assert check_problem(await SCENARIOS[operation, code](world, operation)) is code


async def test_scenarios_are_exactly_what_openapi_declares(context: Context) -> None:
    declared = read_declared(build_public_app(context).openapi()) | read_declared(
        build_management_app(context).openapi()
    )
    assert declared == set(SCENARIOS)


def test_every_code_of_the_catalogue_is_produced() -> None:
    assert {code for _, code in SCENARIOS} | OUTSIDE_OPERATIONS == set(ErrorCode)
    assert set(EVERYWHERE) <= {code for _, code in SCENARIOS}


async def test_examples_in_openapi_are_what_is_answered(world: World) -> None:
    document = build_public_app(world.context).openapi()
    example = document["paths"]["/api/v1/orders/{order_id}"]["get"]["responses"]["404"]["content"][
        "application/problem+json"
    ]["examples"]["ORDER_NOT_FOUND"]["value"]
    answered = (await unknown_order(world, ORDER)).json()
    for member in ("type", "title", "status", "detail", "errorCode"):
        assert example[member] == answered[member]
    assert json.loads(json.dumps(document)) == document
