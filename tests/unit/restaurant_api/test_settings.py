"""Which settings are accepted, and what is said about the others."""

import pytest

from restaurant_api.settings import Settings, SettingsError, build_database_url


@pytest.mark.parametrize(
    ("text", "driver_url"),
    [
        ("sqlite:////data/restaurant.db", "sqlite+aiosqlite:////data/restaurant.db"),
        ("sqlite:///here.db", "sqlite+aiosqlite:///here.db"),
        ("postgresql://u:p@h:5432/db", "postgresql+asyncpg://u:p@h:5432/db"),
        ("postgres://u:p@h/db", "postgresql+asyncpg://u:p@h/db"),
        ("postgresql://u:p@h/db?sslmode=require", "postgresql+asyncpg://u:p@h/db?ssl=require"),
        ("postgresql+asyncpg://u:p@h/db?ssl=disable", "postgresql+asyncpg://u:p@h/db?ssl=disable"),
    ],
)
def test_database_urls_as_people_write_them(text: str, driver_url: str) -> None:
    assert build_database_url(text).render_as_string(hide_password=False) == driver_url


@pytest.mark.parametrize("text", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://h/db", "postgresql://h"])
def test_other_database_urls_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        build_database_url(text)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("PORT", "70000", "a number from 0 to 65535"),
        ("DATABASE_URL", "mysql://secret@h/x", "sqlite:////data/restaurant.db"),
        ("REDIS_URL", "http://secret", "redis://host:6379/0"),
        ("WARM_TIMEOUT", "-1", "seconds above 0"),
        ("WARM_MIN_HIT_RATIO", "nan", "a ratio from 0 to 1"),
        ("REDIS_TIMEOUT", "inf", "a number of seconds above 0"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_write(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str
) -> None:
    monkeypatch.setenv(f"RESTAURANT_{name}", value)
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment()
    message = str(caught.value)
    assert message.startswith(f"RESTAURANT_{name} is wrong: write ")
    assert hint in message
    assert "\n" not in message
    assert "secret" not in message


def test_several_errors_are_all_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_PORT", "x")
    monkeypatch.setenv("RESTAURANT_LOG_FORMAT", "x")
    with pytest.raises(SettingsError, match=r"RESTAURANT_PORT .*; RESTAURANT_LOG_FORMAT "):
        Settings.from_environment()


def test_case_and_emptiness_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_LOG_LEVEL", "INFO")
    monkeypatch.setenv("RESTAURANT_REDIS_URL", "")
    settings = Settings.from_environment()
    assert (settings.log_level, settings.redis_url) == ("info", None)


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTAURANT_DATABASE_URL", "postgresql://u:secret@h/db")
    assert "secret" not in repr(Settings.from_environment())
