"""Identifiers of RFC 9562."""

import random
from datetime import UTC, datetime
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from restaurant_api.clock import Clock, build_seeded_uuid7, build_uuid7


def test_example_of_the_rfc() -> None:
    """RFC 9562 appendix A.6."""
    bits = (0xCC3 << 62) | 0x18C4DC0C0C07398F
    assert build_uuid7(0x017F22E279B0, bits) == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_version_and_variant_hold_for_all(milliseconds: int, bits: int) -> None:
    made = build_uuid7(milliseconds, bits)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == milliseconds


def test_equal_seeds_give_equal_ids() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (build_seeded_uuid7(moment, random.Random(1)) for _ in range(2))  # noqa: S311 - no secret
    assert first == second


def test_the_real_clock_counts_up() -> None:
    clock = Clock()
    assert clock.now().tzinfo is UTC
    ids = [clock.new_id() for _ in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100
