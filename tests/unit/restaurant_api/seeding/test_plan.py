"""The seed's rows."""

from restaurant_api.locations.schemas import LocationOut
from restaurant_api.seeding.menu import read_menu
from restaurant_api.seeding.plan import SOLD_OUT_SHARE, build_location, build_menu, build_order


def test_menu_is_a_believable_one() -> None:
    sections = read_menu()
    dishes = [dish for section in sections for dish in section.dishes]
    assert (len(sections), len(dishes)) == (10, 120)
    assert len({dish.name for dish in dishes}) == 120
    assert all(200 <= dish.price_minor <= 10_000 for dish in dishes)
    assert all(dish.description and len(dish.description) <= 500 for dish in dishes)
    assert not any({"vegan", "fish"} <= set(dish.tags) for dish in dishes)


def test_equal_seeds_give_equal_rows_and_others_differ() -> None:
    assert build_location(0, random_seed=1) == build_location(0, random_seed=1)
    assert build_location(0, random_seed=1)["id"] != build_location(0, random_seed=2)["id"]
    place = build_location(0, random_seed=1)
    assert build_menu(place, read_menu(), random_seed=1) == build_menu(place, read_menu(), random_seed=1)


def test_places_beyond_the_named_ones_count_on() -> None:
    places = [build_location(index, random_seed=1) for index in range(12)]
    assert len({place["slug"] for place in places}) == 12
    assert places[11]["slug"] == "branch-0012"
    assert all(LocationOut.model_validate({k: v for k, v in place.items() if k != "created_at"}) for place in places)


def test_some_dishes_are_sold_out() -> None:
    items = [
        item
        for index in range(20)
        for item in build_menu(build_location(index, random_seed=1), read_menu(), random_seed=1).items
    ]
    share = sum(not item["is_available"] for item in items) / len(items)
    assert abs(share - SOLD_OUT_SHARE) < 0.01


def test_an_order_depends_on_its_number_only() -> None:
    place = build_location(0, random_seed=1)
    items = build_menu(place, read_menu(), random_seed=1).items
    orders = [build_order(place, items, number, random_seed=1) for number in range(100)]
    assert len({order["id"] for order, _ in orders}) == 100
    assert build_order(place, items, 50, random_seed=1) == orders[50]
    assert {order["status"] for order, _ in orders} == {"completed", "cancelled"}
