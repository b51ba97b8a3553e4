import subprocess
import sys

import pytest

from restaurant_operator.desired.platform import Platform
from restaurant_operator.errors import SettingsError
from restaurant_operator.settings import read_settings


def test_defaults() -> None:
    settings = read_settings()
    assert settings.build_platform() == Platform(
        "ghcr.io/restaurantstack/restaurant-api", "docker.io/library/redis:7.4-alpine", "IfNotPresent"
    )
    assert settings.watch_namespace is None


def test_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_OPERATOR_WATCH_NAMESPACE", "dining")
    monkeypatch.setenv("RESTAURANT_OPERATOR_REDIS_IMAGE", "restaurantstack.local/redis:7")
    settings = read_settings()
    assert (settings.watch_namespace, settings.redis_image) == ("dining", "restaurantstack.local/redis:7")


def test_every_wrong_variable_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_OPERATOR_LOG_LEVEL", "LOUD")
    monkeypatch.setenv("RESTAURANT_OPERATOR_WORKERS", "0")
    with pytest.raises(SettingsError) as error:
        read_settings()
    text = str(error.value)
    assert "RESTAURANT_OPERATOR_LOG_LEVEL: Input should be 'DEBUG'" in text
    assert "RESTAURANT_OPERATOR_WORKERS: Input should be greater than" in text
    assert "\n" not in text


def test_process_ends_with_usage_error_and_no_traceback() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "restaurant_operator"],
        env={"RESTAURANT_OPERATOR_HEALTH_PORT": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("restaurant-operator: RESTAURANT_OPERATOR_HEALTH_PORT: ")
    assert result.stderr.count("\n") == 1
