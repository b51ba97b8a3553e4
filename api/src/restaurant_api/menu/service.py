"""Owns reading the published menu: cached bytes first, four statements otherwise. Also prices items for orders."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from restaurant_api.api_model import Money
from restaurant_api.cache.keys import CacheKey
from restaurant_api.cache.local import CachedBody
from restaurant_api.cache.store import CacheStore
from restaurant_api.db.session import Database
from restaurant_api.locations import service as locations
from restaurant_api.menu import queries
from restaurant_api.menu.queries import Category, Item, PricedItem
from restaurant_api.menu.schemas import Menu, MenuCategory, MenuItem

__all__ = ["PricedItem", "build_menu_key", "load_menu", "read_menu", "read_priced_items"]

RESOURCE = "menu"

read_priced_items = queries.read_priced_items


def build_menu_key(location_id: UUID) -> CacheKey:
    return CacheKey(RESOURCE, location_id)


async def read_menu(cache: CacheStore, database: Database, location_id: UUID) -> CachedBody:
    return await cache.get_or_load(build_menu_key(location_id), lambda: load_menu(database, location_id))


async def load_menu(database: Database, location_id: UUID) -> bytes:
    async with database.read() as session:
        location = await locations.read_location(session, location_id)
        categories = await queries.read_categories(session, location_id)
        items = await queries.read_items(session, location_id)
        tags = await queries.read_tags(session, location_id)
    menu = Menu(
        location_id=location.id,
        currency=location.currency,
        categories=build_categories(categories, items, tags, currency=location.currency),
    )
    return menu.model_dump_json().encode()


def build_categories(
    categories: Iterable[Category], items: Iterable[Item], tags: Mapping[UUID, Sequence[str]], *, currency: str
) -> list[MenuCategory]:
    by_category: dict[UUID, list[MenuItem]] = defaultdict(list)
    for item in items:
        by_category[item.category_id].append(
            MenuItem(
                id=item.id,
                name=item.name,
                description=item.description,
                price=Money(amount=item.price_minor, currency=currency),
                is_available=item.is_available,
                tags=list(tags.get(item.id, ())),
            )
        )
    return [MenuCategory(id=c.id, name=c.name, items=by_category[c.id]) for c in categories]
