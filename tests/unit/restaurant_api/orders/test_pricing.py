"""What an order costs."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaurant_api.errors import ApiError, ErrorCode
from restaurant_api.locations.service import Location
from restaurant_api.menu.service import PricedItem
from restaurant_api.orders.idempotency import compute_fingerprint
from restaurant_api.orders.pricing import build_lines, build_order, build_order_out
from restaurant_api.orders.schemas import NewOrder, NewOrderLine
from tests.support.api.clocks import START

PLACE = Location(UUID(int=99), "main", "Main", "Europe/Berlin", "EUR", accepts_orders=True)


def build_item(number: int, price: int, *, is_available: bool = True) -> PricedItem:
    return PricedItem(UUID(int=number), f"Dish {number}", price, is_available)


def build_menu(*items: PricedItem) -> dict[UUID, PricedItem]:
    return {item.id: item for item in items}


def order(*pairs: tuple[int, int]) -> NewOrder:
    return NewOrder(items=[NewOrderLine(item_id=UUID(int=item), quantity=quantity) for item, quantity in pairs])


@given(st.lists(st.tuples(st.integers(0, 10_000_000), st.integers(1, 99)), min_size=1, max_size=100))
def test_total_is_the_exact_sum(priced: list[tuple[int, int]]) -> None:
    menu = build_menu(*(build_item(number, price) for number, (price, _) in enumerate(priced)))
    new = order(*((number, quantity) for number, (_, quantity) in enumerate(priced)))
    lines = build_lines(new.items, menu)
    built = build_order(new, lines, location=PLACE, order_id=UUID(int=1), now=START)
    out = build_order_out(built, lines)
    assert out.total.amount == sum(price * quantity for price, quantity in priced)
    assert out.total.amount == sum(line.line_total.amount for line in out.items)
    assert out.total.amount < 2**63


@pytest.mark.parametrize(
    ("code", "pointers"),
    [
        (ErrorCode.ORDER_ITEM_UNKNOWN, ["/items/1/itemId", "/items/3/itemId"]),
        (ErrorCode.ORDER_ITEM_SOLD_OUT, ["/items/1/itemId"]),
    ],
)
def test_each_wrong_item_is_named(code: ErrorCode, pointers: list[str]) -> None:
    menu = build_menu(build_item(1, 100), build_item(2, 100, is_available=False))
    pairs = [(1, 1), (7, 1), (2, 1), (8, 1)] if code is ErrorCode.ORDER_ITEM_UNKNOWN else [(1, 1), (2, 1)]
    with pytest.raises(ApiError) as caught:
        build_lines(order(*pairs).items, menu)
    assert caught.value.code is code
    assert [error.pointer for error in caught.value.errors] == pointers


def test_fingerprint_is_of_the_meaning() -> None:
    text = '{"items": [{"quantity": 1, "itemId": "00000000-0000-0000-0000-000000000001"}], "note": ""}'
    assert compute_fingerprint(NewOrder.model_validate_json(text)) == compute_fingerprint(order((1, 1)))
    assert compute_fingerprint(order((1, 2))) != compute_fingerprint(order((1, 1)))
