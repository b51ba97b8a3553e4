"""Owns what can be set from the environment, and the one-line errors for wrong values. Must not open anything."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

ENV_PREFIX = "RESTAURANT_"

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]

_HINTS = {
    "PORT": "a number from 0 to 65535, for example 8000",
    "MANAGEMENT_PORT": "a number from 0 to 65535, for example 9000",
    "DATABASE_URL": "sqlite:////data/restaurant.db or postgresql://user:password@host:5432/name",
    "REDIS_URL": "redis://host:6379/0, or leave it unset to run without Redis",
    "RELEASE": "1 to 128 characters, for example the rollout's fingerprint",
    "WARM_TIMEOUT": "seconds above 0, for example 60",
    "WARM_MIN_HIT_RATIO": "a ratio from 0 to 1, for example 0.95",
    "LOG_LEVEL": "debug, info, warning or error",
    "LOG_FORMAT": "json or console",
    "MAX_BODY_BYTES": "a number of bytes from 1024 on, for example 1048576",
}
_SECONDS_HINT = "a number of seconds above 0, for example 1.5"


class SettingsError(Exception):
    """A setting is wrong. The text is one line: which variable, and what to write instead."""


class Settings(BaseSettings):
    """Everything the process reads from its environment, prefix `RESTAURANT_`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = "0.0.0.0"  # noqa: S104 - a pod is reached by its own address; a laptop sets RESTAURANT_HOST
    port: Port = 8000
    management_port: Port = 9000
    database_url: SecretStr = SecretStr("sqlite:///restaurant.db")
    database_lock_timeout: Seconds = 3.0
    redis_url: SecretStr | None = None
    redis_timeout: Seconds = 0.1
    release: Annotated[str, Field(min_length=1, max_length=128)] = "development"
    cache_local_ttl: Seconds = 2.0
    cache_shared_ttl: Seconds = 300.0
    warm_timeout: Seconds = 60.0
    warm_min_hit_ratio: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.95
    max_body_bytes: Annotated[int, Field(ge=1024)] = 1024 * 1024
    shutdown_delay: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] = 2.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr) -> SecretStr:
        build_database_url(value.get_secret_value())
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            msg = "unknown scheme"
            raise ValueError(msg)
        return value

    @classmethod
    def from_environment(cls) -> Self:
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError("; ".join(_describe(str(e["loc"][0])) for e in error.errors())) from None


def build_database_url(text: str) -> URL:
    """Driver URL for what people write: `postgres://` and `sslmode=` are accepted, in-memory SQLite is not."""
    try:
        url = make_url(text)
    except ArgumentError:
        msg = "not a URL"
        raise ValueError(msg) from None
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres" if url.database:
            mode = url.query.get("sslmode")
            url = url.difference_update_query(["sslmode"])
            # libpq's name for it is sslmode; asyncpg takes the same values under the name ssl.
            return url.set(drivername="postgresql+asyncpg").update_query_dict({"ssl": mode} if mode else {})
        case _:
            msg = "not a supported database"
            raise ValueError(msg)


def _describe(field: str) -> str:
    name = field.upper()
    hint = _HINTS.get(name, _SECONDS_HINT)
    # The value is left out: it may hold a password.
    return f"{ENV_PREFIX}{name} is wrong: write {hint}"
