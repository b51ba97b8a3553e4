"""Owns conditional reads (RFC 9110 section 13): ETag out, If-None-Match in, 304 without a body."""

from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from restaurant_api.cache.local import CachedBody

# Clients may keep the bytes but ask each time: with the ETag, asking costs no query and no body.
_CACHE_CONTROL = "public, no-cache"


def build_cached_response(request: Request, cached: CachedBody) -> Response:
    headers = {"etag": cached.etag, "cache-control": _CACHE_CONTROL}
    if is_match(request.headers.get("if-none-match"), cached.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(cached.body, headers=headers, media_type="application/json")


def is_match(if_none_match: str | None, etag: str) -> bool:
    """Weak comparison: a proxy that compressed the body may have made the tag weak."""
    if if_none_match is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag in tags
