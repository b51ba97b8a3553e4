"""The first reason for not being ready."""

from restaurant_api.errors import ErrorCode
from restaurant_api.health.readiness import Readiness


def test_reasons_in_order() -> None:
    readiness = Readiness()
    assert readiness.decide_refusal() is ErrorCode.SYSTEM_SCHEMA_NOT_CURRENT
    readiness.is_schema_usable = True
    assert readiness.decide_refusal() is ErrorCode.SYSTEM_WARMING
    readiness.has_warmed = True
    assert readiness.decide_refusal() is None
    readiness.is_shutting_down = True
    assert readiness.decide_refusal() is ErrorCode.SYSTEM_SHUTTING_DOWN
