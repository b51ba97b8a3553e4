"""What a user may ask for; the only source of the CRD's `spec` schema. Must not know how it is built."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from restaurant_operator.crd import rules
from restaurant_operator.crd.quantities import is_quantity, parse_duration, parse_quantity

MAX_WARM_SECONDS = 3600
LEAST_STORAGE = "1Mi"
LEAST_MEMORY = "8Mi"
M = TypeVar("M")


class OnFailure(StrEnum):
    """What a failed warm does to the rollout."""

    BLOCK = "Block"
    CONTINUE = "Continue"


class Model(BaseModel):
    """Camel case outside; unknown fields are ignored, because the API server prunes them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


def _check_quantity(text: str) -> str:
    if is_quantity(text):
        return text
    msg = f"{text!r} is not a quantity such as 500m, 256Mi or 1Gi"
    raise ValueError(msg)


def _check_duration(text: str) -> str:
    if 1 <= parse_duration(text) <= MAX_WARM_SECONDS:
        return text
    msg = f"{text!r} is not between 1s and 1h"
    raise ValueError(msg)


def _require(model: M, rule: rules.Rule, *, holds: bool) -> M:
    if not holds:
        raise ValueError(rule.message)
    return model


def _to_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


def _amount(field: str, example: str) -> Any:  # noqa: ANN401 - a FieldInfo, which pydantic itself types as Any
    return Field(
        max_length=32,
        json_schema_extra={"x-kubernetes-int-or-string": True}
        | rules.with_rules(
            rules.Rule(
                f"type(self) == int || {rules.build_quantity_rule(field, example).cel}",
                f"{field} must be a quantity: write it such as {example}",
            ),
        ),
    )


Amount = Annotated[str, BeforeValidator(_to_text), AfterValidator(_check_quantity)]
"""A quantity which users also write as a bare number (`cpu: 1`)."""


class Requests(Model):
    """What the scheduler sets aside for each API pod."""

    cpu: Annotated[Amount, _amount("spec.api.resources.requests.cpu", "100m")] = Field(
        default="100m", description="CPU set aside for each pod."
    )
    memory: Annotated[Amount, _amount("spec.api.resources.requests.memory", "192Mi")] = Field(
        default="192Mi", description="Memory set aside for each pod."
    )
    ephemeral_storage: Annotated[Amount, _amount("spec.api.resources.requests.ephemeral-storage", "64Mi")] = Field(
        default="64Mi", alias="ephemeral-storage", description="Node disk set aside for each pod's logs and /tmp."
    )


class Limits(Model):
    """What each API pod may use at most."""

    cpu: Annotated[Amount, _amount("spec.api.resources.limits.cpu", "1")] = Field(
        default="1", description="CPU that each pod may use at most; one process seldom profits from more than 1."
    )
    memory: Annotated[Amount, _amount("spec.api.resources.limits.memory", "384Mi")] = Field(
        default="384Mi", description="Memory that each pod may use at most."
    )
    ephemeral_storage: Annotated[Amount, _amount("spec.api.resources.limits.ephemeral-storage", "256Mi")] = Field(
        default="256Mi", alias="ephemeral-storage", description="Node disk that each pod may use at most."
    )


class Resources(Model):
    """Compute resources of the API pods, and of the migrate and warm Jobs, which run the same image."""

    requests: Requests = Field(default=Requests(), description="What the scheduler sets aside for each API pod.")
    limits: Limits = Field(default=Limits(), description="What each API pod may use at most.")


class Api(Model):
    """The API pods."""

    replicas: int = Field(
        default=1,
        ge=0,
        le=100,
        description="Number of API pods; also set by `kubectl scale`. At most 1 with SQLite.",
        json_schema_extra={"format": "int32"},
    )
    resources: Resources = Field(default=Resources(), description="Compute resources of each API pod.")


def _at_least(field: str, least: str, example: str) -> AfterValidator:
    def check(text: str) -> str:
        if parse_quantity(_check_quantity(text)) >= parse_quantity(least):
            return text
        raise ValueError(rules.build_least_rule(field, least, example).message)

    return AfterValidator(check)


def _size(field: str, default: str, *, least: str, grows: bool, description: str) -> Any:  # noqa: ANN401 - as above
    checks = [rules.build_quantity_rule(field, default), rules.build_least_rule(field, least, default)]
    if grows:
        checks.append(rules.build_growth_rule(field))
    return Field(
        default=default,
        min_length=1,
        max_length=32,
        description=description,
        json_schema_extra=rules.with_rules(*checks),
    )


class Sqlite(Model):
    """A SQLite file on a volume; for one API pod."""

    model_config = ConfigDict(json_schema_extra=rules.with_rules(rules.STORAGE_CLASS))

    storage: Annotated[str, _at_least("spec.database.sqlite.storage", LEAST_STORAGE, "1Gi")] = _size(
        "spec.database.sqlite.storage",
        "1Gi",
        least=LEAST_STORAGE,
        grows=True,
        description="Size of the volume. It can grow, not shrink.",
    )
    storage_class_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="Storage class of the volume; the cluster's default when not given. It can't change later.",
    )


class SecretKey(Model):
    """One key of a Secret in the stack's namespace."""

    name: str = Field(min_length=1, max_length=253, description="Name of the Secret, in the stack's namespace.")
    key: str = Field(default="uri", min_length=1, max_length=253, description="Key inside the Secret.")


class Postgres(Model):
    """A PostgreSQL database that somebody else runs."""

    url_secret_ref: SecretKey = Field(
        description="Where the connection URL is kept, postgresql://user:password@host:port/database."
    )


class Database(Model):
    """Where the restaurant's data is kept: exactly one kind, which can't change later."""

    model_config = ConfigDict(json_schema_extra=rules.with_rules(rules.ONE_DATABASE, rules.DATABASE_KIND))

    sqlite: Sqlite | None = Field(default=None, description="A SQLite file on a volume; for one API pod.")
    postgres: Postgres | None = Field(default=None, description="A PostgreSQL database that somebody else runs.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        return _require(self, rules.ONE_DATABASE, holds=(self.sqlite is None) != (self.postgres is None))


class ManagedRedis(Model):
    """A Redis that belongs to the stack; a cache, so its data may be lost."""

    storage: Annotated[str, _at_least("spec.redis.managed.storage", LEAST_STORAGE, "1Gi")] = _size(
        "spec.redis.managed.storage",
        "1Gi",
        least=LEAST_STORAGE,
        grows=True,
        description="Size of the volume. It can grow, not shrink.",
    )
    max_memory: Annotated[str, _at_least("spec.redis.managed.maxMemory", LEAST_MEMORY, "256Mi")] = _size(
        "spec.redis.managed.maxMemory",
        "256Mi",
        least=LEAST_MEMORY,
        grows=False,
        description="Memory for cached data; the least recently used entries make room for new ones.",
    )


class ExternalRedis(Model):
    """A Redis that somebody else runs."""

    url_secret_ref: SecretKey = Field(description="Where the URL is kept, redis://user:password@host:port/db.")


class Disabled(Model):
    """No Redis: each API pod caches in its own memory only."""


class Redis(Model):
    """The shared cache: exactly one of the three."""

    model_config = ConfigDict(json_schema_extra=rules.with_rules(rules.ONE_REDIS))

    managed: ManagedRedis | None = Field(default=None, description="A Redis that belongs to the stack.")
    external: ExternalRedis | None = Field(default=None, description="A Redis that somebody else runs.")
    disabled: Disabled | None = Field(default=None, description="No Redis: write disabled: {}.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [kind for kind in (self.managed, self.external, self.disabled) if kind is not None]
        return _require(self, rules.ONE_REDIS, holds=len(given) == 1)


class Warming(Model):
    """Filling the cache with the new release's data before guests meet it."""

    timeout: Annotated[str, AfterValidator(_check_duration)] = Field(
        default="60s",
        min_length=1,
        max_length=16,
        description="How long one warm may take, from 1s to 1h.",
        json_schema_extra=rules.with_rules(rules.build_duration_rule("spec.warming.timeout")),
    )
    min_hit_ratio: float = Field(
        default=0.95,
        ge=0,
        le=1,
        description="Share of the warmed entries, from 0 to 1, that must be found when they are read back.",
    )
    on_failure: Literal[OnFailure.BLOCK, OnFailure.CONTINUE] = Field(
        default=OnFailure.BLOCK,
        description="Block keeps the running pods when the warm fails; Continue rolls out with a cold cache.",
    )


class Spec(Model):
    """What a RestaurantStack asks for."""

    model_config = ConfigDict(json_schema_extra=rules.with_rules(rules.VERSION_OR_IMAGE, rules.SQLITE_ONE_REPLICA))

    version: str | None = Field(
        default=None,
        min_length=1,
        max_length=63,
        description="Release of the API to run; picks the image of that version.",
        json_schema_extra=rules.with_rules(
            rules.Rule(
                "self.matches('^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$')",
                "spec.version must be a release such as 0.1.0: letters, digits, dots and dashes",
            )
        ),
    )
    image: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="Full image reference; overrides the image that version would pick.",
        json_schema_extra=rules.with_rules(
            rules.Rule(
                r"self.matches('^[^\\s]+$')",
                "spec.image must be an image reference without spaces, such as registry.example.com/api:0.1.0",
            )
        ),
    )
    api: Api = Field(default=Api(), description="The API pods.")
    database: Database = Field(
        default=Database(sqlite=Sqlite()),
        description="Where the restaurant's data is kept: exactly one of sqlite and postgres. Its kind can't change.",
    )
    redis: Redis = Field(
        default=Redis(managed=ManagedRedis()),
        description="The shared cache: exactly one of managed, external and disabled.",
    )
    warming: Warming = Field(default=Warming(), description="Filling the cache before guests meet a new release.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        _require(self, rules.VERSION_OR_IMAGE, holds=bool(self.version or self.image))
        return _require(self, rules.SQLITE_ONE_REPLICA, holds=self.database.sqlite is None or self.api.replicas <= 1)
