"""Moments in UTC, alike on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import sqlite

from restaurant_api.db.base import UtcDateTime

DIALECT = sqlite.dialect()
MOMENT = datetime(2026, 3, 14, 18, 30, tzinfo=UTC)


def test_moments_go_in_and_out_in_utc() -> None:
    column = UtcDateTime()
    berlin = MOMENT.astimezone(timezone(timedelta(hours=1)))
    assert column.process_bind_param(berlin, DIALECT) == MOMENT
    assert column.process_result_value(MOMENT.replace(tzinfo=None), DIALECT) == MOMENT
    assert column.process_result_value(berlin, DIALECT) == MOMENT
    assert column.process_bind_param(None, DIALECT) is None
    assert column.process_result_value(None, DIALECT) is None


def test_a_moment_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(MOMENT.replace(tzinfo=None), DIALECT)
