"""The OpenAPI document and the page that shows it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from restaurant_api.docs_page import router as docs
from restaurant_api.errors import CATALOGUE, ErrorCode
from restaurant_api.main import build_public_asgi
from tests.support.api.processes import build_settings, open_client, ready_context


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        ready_context(build_settings(f"sqlite:///{tmp_path}/unused.db")) as context,
        open_client(build_public_asgi(context)) as client,
    ):
        yield client


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


def iterate_operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_operations_of_this_release(document: dict[str, Any]) -> None:
    assert {name for name, _ in iterate_operations(document)} == {
        "GET /api/v1/locations",
        "GET /api/v1/locations/{location_id}/menu",
        "POST /api/v1/locations/{location_id}/orders",
        "GET /api/v1/orders/{order_id}",
        "GET /livez",
        "GET /readyz",
    }


def test_every_operation_is_described_and_every_error_is_a_problem_with_examples(document: dict[str, Any]) -> None:
    for name, operation in iterate_operations(document):
        assert operation["summary"], name
        assert operation["tags"], name
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            assert set(response["content"]) == {"application/problem+json"}, (name, status)
            codes = response["x-error-codes"]
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert list(content["examples"]) == codes
            assert all(CATALOGUE[ErrorCode(code)].status == int(status) for code in codes)


def test_catalogue_is_in_the_document_and_types_point_at_it(document: dict[str, Any]) -> None:
    assert [error["code"] for error in document["x-error-catalogue"]] == list(ErrorCode)
    assert document["components"]["schemas"]["Problem"]["properties"]["errorCode"]["enum"] == list(ErrorCode)
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= set(document["components"]["schemas"])


async def test_docs_need_no_internet_and_allow_no_inline_code(client: httpx.AsyncClient) -> None:
    for path, kind in (("/docs", "text/html"), ("/docs/docs.js", "text/javascript"), ("/docs/docs.css", "text/css")):
        response = await client.get(path)
        assert response.headers["content-type"].startswith(kind)
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        assert not re.search(r"https?://|//cdn", response.text)
    page = (await client.get("/docs")).text
    assert "<style" not in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="docs/docs.js" defer>']


def test_docs_files_are_in_the_package() -> None:
    assert {path.name for path in Path(docs.__file__).parent.glob("docs.*")} == {"docs.html", "docs.js", "docs.css"}
