"""The API's settings that are no secrets."""

from restaurant_operator.constants import API_PORT, MANAGEMENT_PORT, REDIS_PORT
from restaurant_operator.crd.quantities import parse_duration
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.labels import Component, build_name, build_release_metadata


def build_config_map(stack: Stack, fingerprint: str) -> Manifest:
    """Give one release's settings: a pod of an older release that restarts must find its own, not the newest."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": build_release_metadata(stack, Component.API, fingerprint),
        "data": build_settings(stack),
    }


def build_settings(stack: Stack) -> dict[str, str]:
    """Give the API's environment. Jobs take it inline, for they come before the ConfigMap."""
    settings = {
        "RESTAURANT_HOST": "0.0.0.0",  # noqa: S104 - inside the pod's own network namespace
        "RESTAURANT_PORT": str(API_PORT),
        "RESTAURANT_MANAGEMENT_PORT": str(MANAGEMENT_PORT),
        "RESTAURANT_LOG_FORMAT": "json",
        "RESTAURANT_WARM_TIMEOUT": str(parse_duration(stack.spec.warming.timeout)),
        "RESTAURANT_WARM_MIN_HIT_RATIO": str(stack.spec.warming.min_hit_ratio),
    }
    if stack.spec.database.sqlite is not None:
        settings["RESTAURANT_DATABASE_URL"] = "sqlite:////data/restaurant.db"
    if stack.spec.redis.managed is not None:
        settings["RESTAURANT_REDIS_URL"] = f"redis://{build_name(stack, 'redis')}:{REDIS_PORT}/0"
    return settings
