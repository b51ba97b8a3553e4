"""GET locations and menus over both databases."""

from uuid import uuid4

import httpx

from restaurant_api.context import Context
from restaurant_api.menu.service import build_menu_key
from tests.support.api.restaurants import Restaurant, insert_restaurant
from tests.support.api.statements import recorded_statements


async def test_locations_are_listed_by_slug(client: httpx.AsyncClient, restaurant: Restaurant) -> None:
    response = await client.get("/api/v1/locations")
    assert response.status_code == 200
    assert [(found["slug"], found["acceptsOrders"]) for found in response.json()["locations"]] == [
        ("closed", False),
        ("main", True),
    ]
    assert response.json()["locations"][1]["id"] == str(restaurant.location_id)


async def test_menu_has_categories_items_prices_and_tags(client: httpx.AsyncClient, restaurant: Restaurant) -> None:
    menu = (await client.get(f"/api/v1/locations/{restaurant.location_id}/menu")).json()
    (category,) = menu["categories"]
    soup, pizza, oysters = category["items"]
    assert soup["price"] == {"amount": 500, "currency": "EUR"}
    assert soup["tags"] == ["vegan"]
    assert pizza["tags"] == []
    assert (pizza["isAvailable"], oysters["isAvailable"]) == (True, False)


async def test_menu_takes_four_statements_whatever_its_size_and_none_when_cached(
    client: httpx.AsyncClient, context: Context
) -> None:
    for items in (3, 60):
        restaurant = await insert_restaurant(context.database, items=items, prefix=f"size-{items}-")
        with recorded_statements(context.database) as statements:
            assert (await client.get(f"/api/v1/locations/{restaurant.location_id}/menu")).status_code == 200
        assert len(statements) == 4
        with recorded_statements(context.database) as statements:
            await client.get(f"/api/v1/locations/{restaurant.location_id}/menu")
        assert statements == []


async def test_etag_answers_304_without_a_query(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    url = f"/api/v1/locations/{restaurant.location_id}/menu"
    first = await client.get(url)
    assert first.headers["cache-control"] == "public, no-cache"
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}", f'"other", {first.headers["etag"]}', "*"):
        with recorded_statements(context.database) as statements:
            second = await client.get(url, headers={"if-none-match": tag})
        assert (second.status_code, second.content, statements) == (304, b"", [])
        assert second.headers["etag"] == first.headers["etag"]
    assert (await client.get(url, headers={"if-none-match": '"other"'})).status_code == 200


async def test_invalidation_shows_a_change_at_once(
    client: httpx.AsyncClient, context: Context, restaurant: Restaurant
) -> None:
    url = f"/api/v1/locations/{restaurant.location_id}/menu"
    before = await client.get(url)
    async with context.database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE menu_items SET price_minor = 999")
    assert (await client.get(url)).content == before.content
    await context.cache.invalidate(build_menu_key(restaurant.location_id))
    after = await client.get(url)
    assert after.json()["categories"][0]["items"][0]["price"]["amount"] == 999
    assert after.headers["etag"] != before.headers["etag"]


async def test_unknown_location_is_not_cached(client: httpx.AsyncClient) -> None:
    url = f"/api/v1/locations/{uuid4()}/menu"
    for _ in range(2):
        assert (await client.get(url)).json()["errorCode"] == "LOCATION_NOT_FOUND"
