"""What is said of a database that cannot be used."""

import pytest

from restaurant_api.db.session import DatabaseUnavailableError


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (OSError("refused\nand more"), "refused"),
        (OSError("\n  refused"), "refused"),
        (TimeoutError(), "TimeoutError"),
        (OSError("\n"), "OSError"),
    ],
    ids=repr,
)
def test_the_reason_is_one_line_that_is_never_empty(cause: Exception, reason: str) -> None:
    error = DatabaseUnavailableError()
    error.__cause__ = cause
    assert error.reason == reason
