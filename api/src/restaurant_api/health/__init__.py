"""Liveness and readiness. Redis is no part of either: its loss must not empty the Service."""
