"""The process's settings, from RESTAURANT_OPERATOR_* variables; the only module that reads the environment."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from restaurant_operator.desired.platform import Platform
from restaurant_operator.errors import SettingsError

PREFIX = "RESTAURANT_OPERATOR_"

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Each field's variable is the prefix and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    api_image_repository: str = Field(default="ghcr.io/restaurantstack/restaurant-api", min_length=1)
    redis_image: str = Field(default="docker.io/library/redis:7.4-alpine", min_length=1)
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    watch_namespace: str | None = Field(default=None, min_length=1, max_length=63)
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    health_port: Port = 8080
    metrics_port: Port = 9090
    workers: int = Field(default=8, ge=1, le=64)
    resync_seconds: float = Field(default=300, ge=1)

    def build_platform(self) -> Platform:
        return Platform(self.api_image_repository, self.redis_image, self.image_pull_policy)


def read_settings() -> Settings:
    """Raise SettingsError with one line that names every wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        lines = [f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in problems]
        raise SettingsError("; ".join(lines)) from error
