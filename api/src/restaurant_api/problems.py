"""Owns the one way to answer with an error: RFC 9457 problem+json with the code. Nothing else builds error bodies."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from restaurant_api.db.session import DatabaseUnavailableError
from restaurant_api.errors import CATALOGUE, ApiError, ErrorCode, FieldError

PROBLEM_MEDIA_TYPE = "application/problem+json"
SCOPE_REQUEST_ID = "restaurant.request_id"
SCOPE_ERROR_CODE = "restaurant.error_code"
MAX_ERRORS = 50
"""Wrong parts that one answer lists."""

_RETRY_SOON = {"retry-after": "1"}
_FRAMEWORK_CODES = {
    HTTPStatus.BAD_REQUEST: ErrorCode.VALIDATION_MALFORMED_JSON,
    HTTPStatus.NOT_FOUND: ErrorCode.SYSTEM_ROUTE_NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: ErrorCode.SYSTEM_METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ErrorCode.VALIDATION_BODY_TOO_LARGE,
}
"""What FastAPI and Starlette themselves raise; any other status from them is a fault of ours."""

_log = structlog.get_logger(__name__)


class BodyTooLargeError(HTTPException):
    """Raised while a body is being read. FastAPI passes only its own exception type through the reading of a body."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"connection": "close"})


def build_problem(
    code: ErrorCode, *, instance: str, request_id: str, detail: str | None = None, errors: Sequence[FieldError] = ()
) -> dict[str, Any]:
    spec = CATALOGUE[code]
    problem: dict[str, Any] = {
        "type": f"/docs#{code}",
        "title": spec.title,
        "status": spec.status.value,
        "detail": detail or spec.when,
        "instance": instance,
        "errorCode": code.value,
        "requestId": request_id,
    }
    if errors:
        problem["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in errors]
    return problem


def build_unreadable_problem(request_id: UUID) -> bytes:
    """Body for bytes that are no HTTP request: there is no path, so the instance is the request id itself."""
    problem = build_problem(ErrorCode.VALIDATION_NOT_HTTP, instance=request_id.urn, request_id=str(request_id))
    return json.dumps(problem).encode()


def build_problem_response(
    scope: Scope,
    code: ErrorCode,
    *,
    detail: str | None = None,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Notes the code in the scope as well, where the metrics read it."""
    scope[SCOPE_ERROR_CODE] = code.value
    instance = quote(scope["path"], safe="/:@!$&'()*+,;=-._~")
    problem = build_problem(
        code, instance=instance, request_id=scope.get(SCOPE_REQUEST_ID, ""), detail=detail, errors=errors
    )
    return Response(
        json.dumps(problem), CATALOGUE[code].status, headers=dict(headers or {}), media_type=PROBLEM_MEDIA_TYPE
    )


def install_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, _handle_api_error)
    app.add_exception_handler(RequestValidationError, _handle_invalid_request)
    app.add_exception_handler(HTTPException, _handle_framework_error)
    app.add_exception_handler(DatabaseUnavailableError, _handle_database_unavailable)
    app.add_exception_handler(Exception, _handle_crash)


async def _handle_api_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise TypeError from error
    return build_problem_response(
        request.scope, error.code, detail=error.detail, errors=error.errors, headers=error.headers
    )


async def _handle_invalid_request(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise TypeError from error
    found = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        return build_problem_response(request.scope, ErrorCode.VALIDATION_MALFORMED_JSON)
    errors = [FieldError(build_pointer(e["loc"]), e["msg"]) for e in found[:MAX_ERRORS]]
    return build_problem_response(request.scope, ErrorCode.VALIDATION_FAILED, errors=errors)


async def _handle_framework_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError from error
    code = _FRAMEWORK_CODES.get(HTTPStatus(error.status_code), ErrorCode.SYSTEM_INTERNAL_ERROR)
    return build_problem_response(request.scope, code, headers=error.headers)


async def _handle_database_unavailable(request: Request, error: Exception) -> Response:
    if not isinstance(error, DatabaseUnavailableError):
        raise TypeError from error
    _log.warning("database unavailable", reason=error.reason)
    return build_problem_response(request.scope, ErrorCode.SYSTEM_DATABASE_UNAVAILABLE, headers=_RETRY_SOON)


async def _handle_crash(request: Request, error: Exception) -> Response:
    # Starlette raises the error again after this answer; the error boundary logs it, with its traceback, once.
    del error
    return build_problem_response(request.scope, ErrorCode.SYSTEM_INTERNAL_ERROR)


def build_pointer(location: Sequence[int | str]) -> str:
    """JSON Pointer for a body member (`/items/0/quantity`); other parts are named, for example `/path/orderId`."""
    parts = list(location[1:]) if location and location[0] == "body" else list(location)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
