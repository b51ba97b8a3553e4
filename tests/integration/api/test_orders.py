"""Placing and reading orders over both databases."""

import asyncio
import json
import sqlite3
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text

from restaurant_api.context import Context
from restaurant_api.main import build_public_asgi
from restaurant_api.orders.tables import IdempotencyRow, OrderLineRow, OrderRow
from tests.support.api.processes import build_settings, ready_context
from tests.support.api.restaurants import Restaurant
from tests.support.api.statements import recorded_statements


def build_order(restaurant: Restaurant, *, quantity: int = 2) -> dict[str, Any]:
    return {
        "items": [
            {"itemId": str(restaurant.soup_id), "quantity": quantity},
            {"itemId": str(restaurant.pizza_id), "quantity": 1},
        ],
        "note": " no onions ",
    }


def build_url(restaurant: Restaurant) -> str:
    return f"/api/v1/locations/{restaurant.location_id}/orders"


async def count_rows(context: Context) -> tuple[int, int, int]:
    async with context.database.read() as session:
        counts = [
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (OrderRow, OrderLineRow, IdempotencyRow)
        ]
    return counts[0], counts[1], counts[2]


async def test_order_is_priced_by_the_server_and_can_be_read(client: httpx.AsyncClient, restaurant: Restaurant) -> None:
    response = await client.post(build_url(restaurant), json=build_order(restaurant))
    assert response.status_code == 201
    order = response.json()
    assert order["total"] == {"amount": 2 * 500 + 501, "currency": "EUR"}
    assert [(line["name"], line["lineTotal"]["amount"]) for line in order["items"]] == [("Soup", 1000), ("Pizza", 501)]
    assert (order["status"], order["version"], order["note"]) == ("placed", 1, "no onions")
    assert order["placedAt"].endswith("Z")
    assert UUID(order["id"]).version == 7
    read = await client.get(response.headers["location"])
    assert read.json() == order
    assert read.headers["cache-control"] == "no-store"


async def test_names_and_prices_are_frozen(client: httpx.AsyncClient, context: Context, restaurant: Restaurant) -> None:
    placed = await client.post(build_url(restaurant), json=build_order(restaurant))
    async with context.database.write() as session:
        await session.execute(text("UPDATE menu_items SET price_minor = 1, name = 'changed'"))
    assert (await client.get(placed.headers["location"])).json() == placed.json()


async def test_a_client_cannot_set_a_price(client: httpx.AsyncClient, restaurant: Restaurant) -> None:
    body = build_order(restaurant)
    body["items"][0]["unitPrice"] = {"amount": 1, "currency": "EUR"}
    response = await client.post(build_url(restaurant), json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/items/0/unitPrice"


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "2", None, True, 10**30])
async def test_quantities_out_of_bounds_are_refused(
    client: httpx.AsyncClient, restaurant: Restaurant, quantity: object
) -> None:
    body = build_order(restaurant)
    body["items"][1]["quantity"] = quantity
    response = await client.post(build_url(restaurant), json=body)
    assert response.json()["errors"][0]["pointer"] == "/items/1/quantity"


@pytest.mark.parametrize("note", ["nul \x00", "bell \x07", "x" * 501])
async def test_notes_that_a_database_or_printer_cannot_take_are_refused(
    client: httpx.AsyncClient, restaurant: Restaurant, note: str
) -> None:
    response = await client.post(build_url(restaurant), json=build_order(restaurant) | {"note": note})
    assert response.json()["errors"][0]["pointer"] == "/note"


async def test_lone_surrogate_is_refused(client: httpx.AsyncClient, restaurant: Restaurant) -> None:
    body = json.dumps(build_order(restaurant) | {"note": "\ud800"})
    response = await client.post(build_url(restaurant), content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422


async def test_same_key_and_body_is_the_same_answer_even_after_the_menu_changed(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    headers = {"idempotency-key": "key-1"}
    first = await client.post(build_url(restaurant), json=build_order(restaurant), headers=headers)
    async with context.database.write() as session:
        await session.execute(text("UPDATE menu_items SET is_available = false"))
    second = await client.post(build_url(restaurant), json=build_order(restaurant), headers=headers)
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["location"] == first.headers["location"]
    assert await count_rows(context) == (1, 2, 1)
    assert read_counter(context) == 1


def read_counter(context: Context) -> float | None:
    return context.metrics.registry.get_sample_value(
        "restaurant_orders_total", {"location": "main", "status": "placed"}
    )


async def test_same_key_other_body_is_refused(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    headers = {"idempotency-key": "key-1"}
    await client.post(build_url(restaurant), json=build_order(restaurant), headers=headers)
    other = await client.post(build_url(restaurant), json=build_order(restaurant, quantity=3), headers=headers)
    assert other.json()["errorCode"] == "ORDER_IDEMPOTENCY_MISMATCH"
    assert await count_rows(context) == (1, 2, 1)


async def test_without_a_key_each_request_is_an_order(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    for _ in range(2):
        await client.post(build_url(restaurant), json=build_order(restaurant))
    assert await count_rows(context) == (2, 4, 0)


async def test_twenty_concurrent_requests_with_one_key_are_one_order(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    headers = {"idempotency-key": "key-1"}
    answers = await asyncio.gather(
        *(client.post(build_url(restaurant), json=build_order(restaurant), headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await count_rows(context) == (1, 2, 1)


async def test_a_refused_order_leaves_nothing_and_its_key_free(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    headers = {"idempotency-key": "key-1"}
    bad = {"items": [{"itemId": str(restaurant.sold_out_id), "quantity": 1}]}
    assert (await client.post(build_url(restaurant), json=bad, headers=headers)).status_code == 409
    assert await count_rows(context) == (0, 0, 0)
    good = await client.post(build_url(restaurant), json=build_order(restaurant), headers=headers)
    assert good.status_code == 201


async def test_order_takes_a_fixed_number_of_statements(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    counts = []
    for lines in (1, 50):
        body = {"items": [{"itemId": str(restaurant.soup_id), "quantity": 1}] * lines}
        with recorded_statements(context.database) as statements:
            headers = {"idempotency-key": f"key-{lines}"}
            assert (await client.post(build_url(restaurant), json=body, headers=headers)).status_code == 201
        counts.append(len(statements))
    assert counts == [6, 6]


async def test_the_order_is_committed_before_the_response_starts(context: Context, restaurant: Restaurant) -> None:
    """Looks into the database through a connection of its own at the very moment the status line is sent."""
    seen: list[int] = []
    app = build_public_asgi(context)
    body = json.dumps({"items": [{"itemId": str(restaurant.soup_id), "quantity": 1}]}).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        if message["type"] == "http.response.start":
            assert message["status"] == 201
            seen.append((await count_rows(context))[0])

    scope = {
        "type": "http",
        "method": "POST",
        "path": build_url(restaurant),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await app(scope, receive, send)
    assert seen == [1]


async def test_sqlite_is_durable_and_a_write_takes_its_lock_at_once(sqlite_url: str) -> None:
    async with ready_context(build_settings(sqlite_url)) as context, context.database.write() as session:
        pragmas = {}
        for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
            pragmas[pragma] = (await session.execute(text(f"PRAGMA {pragma}"))).scalar_one()
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
