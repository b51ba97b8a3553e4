"""Owns reading the dishes of `menu.json`. Pure but for reading that one file of the package."""

import json
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "menu.json"


@dataclass(frozen=True, slots=True)
class Dish:
    """A dish; the price is in minor units."""

    name: str
    description: str
    price_minor: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A category and its dishes."""

    name: str
    dishes: tuple[Dish, ...]


def read_menu() -> tuple[Section, ...]:
    sections: dict[str, list[list[str | int]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(Section(name, tuple(_parse(dish) for dish in dishes)) for name, dishes in sections.items())


def _parse(dish: list[str | int]) -> Dish:
    name, description, price, tags = dish
    return Dish(str(name), str(description), int(price), tuple(str(tags).split()))
