"""Owns the answer to bytes that are not HTTP, which no ASGI app ever sees. Must not change anything else of uvicorn."""

from collections.abc import Callable
from uuid import UUID

from prometheus_client import Counter
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from restaurant_api.errors import ErrorCode
from restaurant_api.middleware.request_metrics import OTHER_METHOD, UNMATCHED_ROUTE
from restaurant_api.problems import PROBLEM_MEDIA_TYPE, build_unreadable_problem


def build_protocol(*, new_id: Callable[[], UUID], requests: Counter) -> type[HttpToolsProtocol]:
    """Uvicorn's protocol class, whose own answer to such bytes is plain text."""

    class ProblemProtocol(HttpToolsProtocol):
        @override
        def send_400_response(self, msg: str) -> None:
            requests.labels(OTHER_METHOD, UNMATCHED_ROUTE, "400", ErrorCode.VALIDATION_NOT_HTTP.value).inc()
            cycle: RequestResponseCycle | None = self.cycle
            if cycle is None or cycle.response_complete or not cycle.response_started:
                self.transport.write(build_unreadable_response(new_id()))
            # Amid another response there is no place for an answer: the connection just ends.
            self.transport.close()

    return ProblemProtocol


def build_unreadable_response(request_id: UUID) -> bytes:
    body = build_unreadable_problem(request_id)
    head = (
        "HTTP/1.1 400 Bad Request\r\n"
        f"content-type: {PROBLEM_MEDIA_TYPE}\r\n"
        f"content-length: {len(body)}\r\n"
        f"x-request-id: {request_id}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
