"""Owns the three static files of the documentation page and their strict content policy."""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_FILES = Path(__file__).parent
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
_PAGE = (_FILES / "docs.html").read_bytes()
_SCRIPT = (_FILES / "docs.js").read_bytes()
_STYLE = (_FILES / "docs.css").read_bytes()


@router.get("/docs")
async def read_page() -> Response:
    return Response(_PAGE, headers=_HEADERS, media_type="text/html")


@router.get("/docs/docs.js")
async def read_script() -> Response:
    return Response(_SCRIPT, headers=_HEADERS, media_type="text/javascript")


@router.get("/docs/docs.css")
async def read_style() -> Response:
    return Response(_STYLE, headers=_HEADERS, media_type="text/css")
