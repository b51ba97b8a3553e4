"""Putting the rows of a menu together."""

from uuid import UUID

from restaurant_api.menu.queries import Category, Item
from restaurant_api.menu.service import build_categories


def build_item(number: int, category: int) -> Item:
    return Item(UUID(int=number), UUID(int=category), f"Dish {number}", "", 100, is_available=True)


def test_items_keep_their_order_within_their_category_and_empty_ones_stay() -> None:
    categories = [Category(UUID(int=2), "Second"), Category(UUID(int=1), "First"), Category(UUID(int=3), "Empty")]
    items = [build_item(10, 1), build_item(11, 2), build_item(12, 1)]
    built = build_categories(categories, items, {UUID(int=12): ["vegan"]}, currency="EUR")
    assert [(c.name, [item.id.int for item in c.items]) for c in built] == [
        ("Second", [11]),
        ("First", [10, 12]),
        ("Empty", []),
    ]
    assert built[1].items[1].tags == ["vegan"]
    assert built[1].items[0].price.currency == "EUR"
