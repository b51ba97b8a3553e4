"""Owns counting and timing of requests by route template. Must not let a client make new label values."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from restaurant_api.metrics import HttpMetrics
from restaurant_api.problems import SCOPE_ERROR_CODE

UNMATCHED_ROUTE = "unmatched"
OTHER_METHOD = "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE = "499"


class RequestMetrics:
    """Counts each request once, when its response has ended or the client has gone."""

    def __init__(self, app: ASGIApp, *, metrics: HttpMetrics, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._monotonic()
        status = _CLIENT_GONE

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._metrics.in_flight.dec()
            method = scope["method"] if scope["method"] in _METHODS else OTHER_METHOD
            route = getattr(scope.get("route"), "path", UNMATCHED_ROUTE)
            self._metrics.requests.labels(method, route, status, scope.get(SCOPE_ERROR_CODE, "")).inc()
            self._metrics.duration.labels(method, route).observe(self._monotonic() - started)
