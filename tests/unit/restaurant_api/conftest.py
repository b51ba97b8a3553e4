"""What all unit tests of the backend share."""

import pytest

from tests.support.api.logs import keep_logs_plain


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    keep_logs_plain()
