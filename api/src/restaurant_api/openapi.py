"""Owns how errors appear in the OpenAPI document: each operation lists exactly its codes, with examples."""

from collections import defaultdict
from typing import Any

from fastapi import FastAPI

from restaurant_api.errors import CATALOGUE, ErrorCode
from restaurant_api.problems import PROBLEM_MEDIA_TYPE, build_problem

API_PREFIX = "/api/v1"
"""On each domain's own router: FastAPI forgets the prefix of a nested include in the route that metrics read."""

EVERYWHERE = (ErrorCode.VALIDATION_BODY_TOO_LARGE, ErrorCode.SYSTEM_INTERNAL_ERROR)
"""Codes of the layers around every operation."""

_EXAMPLE_REQUEST_ID = "0197a5c2-7e4b-7c1d-9f3a-2b6d8e0f1a23"
_WITH_ERRORS = {ErrorCode.VALIDATION_FAILED, ErrorCode.ORDER_ITEM_UNKNOWN, ErrorCode.ORDER_ITEM_SOLD_OUT}

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Problem details (RFC 9457). Branch on `errorCode`; the texts may change.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "errorCode", "requestId"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "errorCode": {"type": "string", "enum": [code.value for code in ErrorCode]},
        "requestId": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def responses_for(*codes: ErrorCode) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation that can fail with these codes and those that every operation shares."""
    by_status: dict[int, list[ErrorCode]] = defaultdict(list)
    for code in (*codes, *EVERYWHERE):
        by_status[CATALOGUE[code].status.value].append(code)
    return {status: _build_response(status_codes) for status, status_codes in sorted(by_status.items())}


def _build_response(codes: list[ErrorCode]) -> dict[str, Any]:
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {code.value: {"summary": CATALOGUE[code].title, "value": _build_example(code)} for code in codes},
    }
    return {
        "description": "; ".join(f"`{code}`: {CATALOGUE[code].when}" for code in codes),
        "content": {PROBLEM_MEDIA_TYPE: content},
        "x-error-codes": [code.value for code in codes],
    }


def _build_example(code: ErrorCode) -> dict[str, Any]:
    problem = build_problem(code, instance="/api/v1/…", request_id=_EXAMPLE_REQUEST_ID)
    if code in _WITH_ERRORS:
        problem["errors"] = [{"pointer": "/items/0/itemId", "detail": CATALOGUE[code].when}]
    return problem


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document without its own validation error schemas, with ours and the catalogue."""
    document = FastAPI.openapi(app)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    document["x-error-catalogue"] = [
        {"code": code, "status": spec.status.value, "title": spec.title, "when": spec.when, "action": spec.action}
        for code, spec in CATALOGUE.items()
    ]
    return document
