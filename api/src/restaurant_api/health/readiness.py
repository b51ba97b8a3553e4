"""Owns what the process knows about being ready, and the decision. Pure but for its own state."""

from dataclasses import dataclass

from restaurant_api.errors import ErrorCode


@dataclass(slots=True)
class Readiness:
    """`is_degraded` means ready although the warm-up did not end well in time."""

    is_schema_usable: bool = False
    has_warmed: bool = False
    is_degraded: bool = False
    is_shutting_down: bool = False

    def decide_refusal(self) -> ErrorCode | None:
        """The first reason for not being ready, or None."""
        if self.is_shutting_down:
            return ErrorCode.SYSTEM_SHUTTING_DOWN
        if not self.is_schema_usable:
            return ErrorCode.SYSTEM_SCHEMA_NOT_CURRENT
        if not self.has_warmed:
            return ErrorCode.SYSTEM_WARMING
        return None
