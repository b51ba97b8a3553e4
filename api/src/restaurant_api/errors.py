"""Owns the closed catalogue of error codes. Must not know HTTP frameworks; `problems` turns codes into responses.

A code is never renamed or reused: clients branch on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus


class ErrorCode(StrEnum):
    """Every reason for which a response can have a status of 400 or more."""

    LOCATION_NOT_FOUND = "LOCATION_NOT_FOUND"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    ORDER_ITEM_UNKNOWN = "ORDER_ITEM_UNKNOWN"
    ORDER_ITEM_SOLD_OUT = "ORDER_ITEM_SOLD_OUT"
    ORDER_INTAKE_CLOSED = "ORDER_INTAKE_CLOSED"
    ORDER_IDEMPOTENCY_MISMATCH = "ORDER_IDEMPOTENCY_MISMATCH"
    ORDER_IN_FLIGHT = "ORDER_IN_FLIGHT"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    VALIDATION_MALFORMED_JSON = "VALIDATION_MALFORMED_JSON"
    VALIDATION_BODY_TOO_LARGE = "VALIDATION_BODY_TOO_LARGE"
    VALIDATION_NOT_HTTP = "VALIDATION_NOT_HTTP"
    SYSTEM_ROUTE_NOT_FOUND = "SYSTEM_ROUTE_NOT_FOUND"
    SYSTEM_METHOD_NOT_ALLOWED = "SYSTEM_METHOD_NOT_ALLOWED"
    SYSTEM_INTERNAL_ERROR = "SYSTEM_INTERNAL_ERROR"
    SYSTEM_DATABASE_UNAVAILABLE = "SYSTEM_DATABASE_UNAVAILABLE"
    SYSTEM_SCHEMA_NOT_CURRENT = "SYSTEM_SCHEMA_NOT_CURRENT"
    SYSTEM_WARMING = "SYSTEM_WARMING"
    SYSTEM_SHUTTING_DOWN = "SYSTEM_SHUTTING_DOWN"


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """What a code means: status, title, when it happens and what the client should do."""

    status: HTTPStatus
    title: str
    when: str
    action: str


CATALOGUE: Mapping[ErrorCode, ErrorSpec] = {
    ErrorCode.LOCATION_NOT_FOUND: ErrorSpec(
        HTTPStatus.NOT_FOUND,
        "Location not found",
        "No location has this id.",
        "List the locations and use one of their ids.",
    ),
    ErrorCode.ORDER_NOT_FOUND: ErrorSpec(
        HTTPStatus.NOT_FOUND,
        "Order not found",
        "No order has this id.",
        "Use the id that the order's creation returned.",
    ),
    ErrorCode.ORDER_ITEM_UNKNOWN: ErrorSpec(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Item not on the menu",
        "An ordered item is not on this location's menu.",
        "Read the menu again and order from it; `errors` names each item.",
    ),
    ErrorCode.ORDER_ITEM_SOLD_OUT: ErrorSpec(
        HTTPStatus.CONFLICT,
        "Item sold out",
        "An ordered item is sold out at the moment.",
        "Take the items that `errors` names out of the order, or try later.",
    ),
    ErrorCode.ORDER_INTAKE_CLOSED: ErrorSpec(
        HTTPStatus.CONFLICT,
        "Location takes no orders",
        "The location has switched its order intake off.",
        "Try later, or order at another location.",
    ),
    ErrorCode.ORDER_IDEMPOTENCY_MISMATCH: ErrorSpec(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Idempotency key used for another order",
        "The Idempotency-Key was used before with another body.",
        "Send the first body again to get its answer, or use a new key.",
    ),
    ErrorCode.ORDER_IN_FLIGHT: ErrorSpec(
        HTTPStatus.CONFLICT,
        "Order still in progress",
        "A request with this Idempotency-Key is still being worked on.",
        "Send the same request again after the time in Retry-After.",
    ),
    ErrorCode.VALIDATION_FAILED: ErrorSpec(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Request not valid",
        "A part of the request does not fit the operation's schema.",
        "Correct the parts that `errors` points to.",
    ),
    ErrorCode.VALIDATION_MALFORMED_JSON: ErrorSpec(
        HTTPStatus.BAD_REQUEST,
        "Body is not JSON",
        "The body cannot be read as JSON.",
        "Send valid JSON in UTF-8.",
    ),
    ErrorCode.VALIDATION_BODY_TOO_LARGE: ErrorSpec(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Body too large",
        "The body is larger than the server accepts.",
        "Send a smaller body.",
    ),
    ErrorCode.VALIDATION_NOT_HTTP: ErrorSpec(
        HTTPStatus.BAD_REQUEST,
        "Not an HTTP request",
        "The bytes received cannot be read as an HTTP/1.1 request.",
        "Speak HTTP/1.1 on this port.",
    ),
    ErrorCode.SYSTEM_ROUTE_NOT_FOUND: ErrorSpec(
        HTTPStatus.NOT_FOUND,
        "No such path",
        "No operation has this path.",
        "Compare the path with /openapi.json.",
    ),
    ErrorCode.SYSTEM_METHOD_NOT_ALLOWED: ErrorSpec(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Method not allowed",
        "The path exists, but not with this method.",
        "Use a method that the Allow header lists.",
    ),
    ErrorCode.SYSTEM_INTERNAL_ERROR: ErrorSpec(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Internal error",
        "The server failed in a way that it did not foresee.",
        "Report the requestId to the operators; the log has the cause.",
    ),
    ErrorCode.SYSTEM_DATABASE_UNAVAILABLE: ErrorSpec(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Database not reachable",
        "The database cannot be reached or is too busy.",
        "Try again after the time in Retry-After, orders with the same Idempotency-Key.",
    ),
    ErrorCode.SYSTEM_SCHEMA_NOT_CURRENT: ErrorSpec(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Database schema not current",
        "The database has not been migrated to this release yet.",
        "Wait: the server becomes ready by itself after `restaurant-api migrate`.",
    ),
    ErrorCode.SYSTEM_WARMING: ErrorSpec(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Cache is being warmed",
        "The process has started and fills its cache.",
        "Wait: the server becomes ready by itself.",
    ),
    ErrorCode.SYSTEM_SHUTTING_DOWN: ErrorSpec(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Shutting down",
        "The process finishes what is in flight and ends.",
        "Send new requests to another replica.",
    ),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong part of a request: `pointer` is a JSON Pointer (RFC 6901) into the body, or names the parameter."""

    pointer: str
    detail: str


@dataclass(slots=True)
class ApiError(Exception):
    """The one exception that services raise towards clients. `detail` is shown to them: no internals in it."""

    code: ErrorCode
    detail: str | None = None
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
