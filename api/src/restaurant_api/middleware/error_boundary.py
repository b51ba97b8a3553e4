"""Owns the last line: no exception leaves the app, each is logged once, and a client still gets an answer."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from restaurant_api.errors import ErrorCode
from restaurant_api.problems import build_problem_response

_log = structlog.get_logger(__name__)


class ErrorBoundary:
    """Turns what the framework let through into SYSTEM_INTERNAL_ERROR."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:  # noqa: BLE001 - the boundary is where everything ends
            _log.exception("request crashed", method=scope["method"], path=scope["path"])
            if not has_started:
                response = build_problem_response(scope, ErrorCode.SYSTEM_INTERNAL_ERROR)
                await response(scope, receive, send)
