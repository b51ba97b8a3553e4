"""Owns the request id: taken from the caller when sane, else made; in scope, log context and response header."""

import re
from collections.abc import Callable
from uuid import UUID

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from restaurant_api.problems import SCOPE_REQUEST_ID

_HEADER = b"x-request-id"
# What tracing systems send; anything else (line breaks, megabytes) stays out of logs and headers.
_SANE = re.compile(rb"[A-Za-z0-9._-]{8,128}")


class RequestId:
    """Gives each request its id."""

    def __init__(self, app: ASGIApp, *, new_id: Callable[[], UUID]) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        request_id = incoming.decode("ascii") if _SANE.fullmatch(incoming) else str(self._new_id())
        scope[SCOPE_REQUEST_ID] = request_id
        header = (_HEADER, request_id.encode("ascii"))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)
