"""Owns the largest body: refused by its announced length, else while it is read. Must not buffer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from restaurant_api.errors import ErrorCode
from restaurant_api.problems import BodyTooLargeError, build_problem_response


class BodyLimit:
    """Refuses bodies over `max_bytes`."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _read_content_length(scope) > self._max_bytes:
            # The rest of the body is unread, so the connection cannot carry another request.
            response = build_problem_response(
                scope, ErrorCode.VALIDATION_BODY_TOO_LARGE, headers={"connection": "close"}
            )
            await response(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise BodyTooLargeError
            return message

        await self._app(scope, receive_limited, send)


def _read_content_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
