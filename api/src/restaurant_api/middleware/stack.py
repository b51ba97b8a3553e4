"""Owns the order of the layers around an app. Must not hold behaviour of its own."""

from starlette.types import ASGIApp

from restaurant_api.clock import Clock
from restaurant_api.metrics import HttpMetrics
from restaurant_api.middleware.body_limit import BodyLimit
from restaurant_api.middleware.error_boundary import ErrorBoundary
from restaurant_api.middleware.request_id import RequestId
from restaurant_api.middleware.request_metrics import RequestMetrics


def build_stack(app: ASGIApp, *, clock: Clock, max_body_bytes: int, metrics: HttpMetrics | None) -> ASGIApp:
    """Wraps from inside to outside, so that even a crash of the framework has a request id and is counted."""
    app = BodyLimit(app, max_bytes=max_body_bytes)
    app = ErrorBoundary(app)
    if metrics is not None:
        app = RequestMetrics(app, metrics=metrics, monotonic=clock.monotonic)
    return RequestId(app, new_id=clock.new_id)
