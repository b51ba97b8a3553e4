"""CEL rules of the schema with their messages; the models refuse the same values with the same words.

Owns every sentence that a user reads when the API server refuses a resource: the field, and what to write instead.
Rules over `oldSelf` are transition rules, which only the API server can check.
"""

from dataclasses import dataclass
from typing import Any

from restaurant_operator.constants import MAX_STACK_NAME
from restaurant_operator.crd.quantities import DURATION_PATTERN, QUANTITY_PATTERN


@dataclass(frozen=True, slots=True)
class Rule:
    """One CEL rule; `path` is where the error is reported, relative to where the rule stands."""

    cel: str
    message: str
    path: str = ""

    def to_schema(self) -> dict[str, str]:
        schema = {"rule": self.cel, "message": self.message}
        return schema | {"fieldPath": self.path} if self.path else schema


def with_rules(*rules: Rule) -> dict[str, Any]:
    """Give the schema extension that carries the rules."""
    return {"x-kubernetes-validations": [rule.to_schema() for rule in rules]}


STACK_NAME = Rule(
    rf"self.metadata.name.size() <= {MAX_STACK_NAME} && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    "metadata.name becomes part of Service names: use at most 40 lower case letters, digits and dashes, "
    "starting with a letter, such as trattoria",
)
VERSION_OR_IMAGE = Rule(
    "has(self.version) || has(self.image)",
    "spec.version is missing: write the release to run, such as version: 0.1.0, or name an image in spec.image",
)
SQLITE_ONE_REPLICA = Rule(
    "!has(self.database.sqlite) || self.api.replicas <= 1",
    "spec.api.replicas must be 0 or 1 with SQLite, whose file only one pod can write: "
    "set replicas: 1, or move to spec.database.postgres",
    ".api.replicas",
)
ONE_DATABASE = Rule(
    "has(self.sqlite) != has(self.postgres)",
    "spec.database needs exactly one of sqlite and postgres: remove one of them, "
    "or write sqlite: {} for a small installation",
)
DATABASE_KIND = Rule(
    "has(self.sqlite) == has(oldSelf.sqlite)",
    "spec.database can't change its kind, for the data would stay behind: "
    "create a second RestaurantStack with the other database and move the data over",
)
ONE_REDIS = Rule(
    "[has(self.managed), has(self.external), has(self.disabled)].filter(given, given).size() == 1",
    "spec.redis needs exactly one of managed, external and disabled: keep one, such as managed: {}",
)
STORAGE_CLASS = Rule(
    "has(self.storageClassName) == has(oldSelf.storageClassName) "
    "&& (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)",
    "storageClassName of spec.database.sqlite can't change once the volume exists: write the old value again",
    ".storageClassName",
)


def build_quantity_rule(field: str, example: str) -> Rule:
    """Refuse what is not a quantity; the field is named in the message."""
    return Rule(f"self.matches('{_cel(QUANTITY_PATTERN)}')", f"{field} must be a quantity: write it such as {example}")


def build_least_rule(field: str, least: str, example: str) -> Rule:
    """Refuse nothing at all, which Redis would take for no limit, and thousandths that were meant as megabytes."""
    number = example.rstrip("GMi")
    return Rule(
        f"!isQuantity(self) || !quantity(self).isLessThan(quantity('{least}'))",
        f"{field} must be at least {least}: write {example}, not {number}m",
    )


def build_growth_rule(field: str) -> Rule:
    """A volume can grow and never shrink: https://kubernetes.io/docs/concepts/storage/persistent-volumes/."""
    return Rule(
        "!isQuantity(self) || !isQuantity(oldSelf) || !quantity(self).isLessThan(quantity(oldSelf))",
        f"{field} can't shrink: write the old size or a larger one",
    )


def build_duration_rule(field: str) -> Rule:
    """One second to one hour."""
    return Rule(
        f"self.size() > 0 && self.matches('{_cel(DURATION_PATTERN)}') "
        "&& duration(self) >= duration('1s') && duration(self) <= duration('1h')",
        f"{field} must be a duration from 1s to 1h: write it such as 60s or 5m",
    )


def _cel(pattern: str) -> str:
    return pattern.replace("\\", "\\\\")
