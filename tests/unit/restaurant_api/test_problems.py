"""Problem bodies and pointers; every way of failing before an operation is reached."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException

from restaurant_api.errors import CATALOGUE, ErrorCode
from restaurant_api.main import build_management_asgi, build_public_app, build_public_asgi
from restaurant_api.middleware.stack import build_stack
from restaurant_api.problems import build_pointer
from tests.support.api.processes import build_settings, open_client, ready_context


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        ready_context(build_settings(f"sqlite:///{tmp_path}/unused.db", max_body_bytes=1024)) as context,
        open_client(build_public_asgi(context)) as client,
    ):
        yield client


@pytest.fixture
async def roomy_client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        ready_context(build_settings(f"sqlite:///{tmp_path}/unused.db")) as context,
        open_client(build_public_asgi(context)) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("location", "pointer"),
    [
        (("body", "items", 0, "quantity"), "/items/0/quantity"),
        (("path", "orderId"), "/path/orderId"),
        (("body",), ""),
        (("body", "a/b~c"), "/a~1b~0c"),
        ((), ""),
    ],
)
def test_pointers(location: tuple[str | int, ...], pointer: str) -> None:
    assert build_pointer(location) == pointer


def test_catalogue_is_complete_and_in_the_agreed_groups() -> None:
    assert set(CATALOGUE) == set(ErrorCode)
    for code, spec in CATALOGUE.items():
        assert code.value == code.name
        assert code.split("_")[0] in {"LOCATION", "ORDER", "VALIDATION", "SYSTEM"}
        assert spec.status >= 400
        assert spec.when.endswith(".")
        assert spec.action.endswith(".")
        assert not spec.title.endswith(".")


@pytest.mark.parametrize("path", ["/", "/nope", "/api/v1", "/api/v1/locations/", "/%00", "/docs/../x", "/metrics"])
async def test_unknown_paths(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.json()["errorCode"] == "SYSTEM_ROUTE_NOT_FOUND"


async def test_instance_is_a_uri_reference(client: httpx.AsyncClient) -> None:
    response = await client.get("/sp%20ace/ü")
    assert response.json()["instance"] == "/sp%20ace/%C3%BC"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
async def test_wrong_methods_say_which_are_right(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/livez")
    assert response.headers["allow"] == "GET"
    assert response.json()["errorCode"] == "SYSTEM_METHOD_NOT_ALLOWED"


async def test_head_is_refused_without_a_body_as_http_demands(client: httpx.AsyncClient) -> None:
    response = await client.head("/livez")
    assert (response.status_code, response.content) == (405, b"")
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff\xfe", b'{"a":', b"[" * 1000, b"nul", b'{"items": NaN'], ids=lambda body: repr(body[:9])
)
async def test_bodies_that_are_not_json(client: httpx.AsyncClient, body: bytes) -> None:
    url = "/api/v1/locations/0197a5c2-7e4b-7c1d-9f3a-2b6d8e0f1a23/orders"
    response = await client.post(url, content=body, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
    assert response.json()["errorCode"].startswith("VALIDATION_")


ORDERS = "/api/v1/locations/0197a5c2-7e4b-7c1d-9f3a-2b6d8e0f1a23/orders"
MANY = {f"m{number}": 0 for number in range(20_000)}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"items": [{}]} | MANY, [{"pointer": "", "detail": "Object should have at most 10 members"}]),
        ({"items": [MANY]}, [{"pointer": "/items/0", "detail": "Object should have at most 10 members"}]),
        (
            {"items": [{}] * 101},
            [{"pointer": "/items", "detail": "List should have at most 100 items after validation, not 101"}],
        ),
    ],
    ids=["members", "members of an item", "items"],
)
async def test_far_too_much_is_one_error(
    roomy_client: httpx.AsyncClient, body: dict[str, object], errors: list[dict[str, str]]
) -> None:
    response = await roomy_client.post(ORDERS, json=body)
    assert (response.status_code, response.json()["errorCode"]) == (422, "VALIDATION_FAILED")
    assert response.json()["errors"] == errors


async def test_a_few_unknown_members_are_named_and_the_list_ends(roomy_client: httpx.AsyncClient) -> None:
    named = await roomy_client.post(ORDERS, json={"items": [], "notes": "typo"})
    assert [error["pointer"] for error in named.json()["errors"]] == ["/items", "/notes"]
    many = await roomy_client.post(ORDERS, json={"items": [{}] * 100})
    assert len(many.json()["errors"]) == 50


async def test_a_body_without_announced_length_is_cut_at_the_limit(client: httpx.AsyncClient) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    url = "/api/v1/locations/0197a5c2-7e4b-7c1d-9f3a-2b6d8e0f1a23/orders"
    response = await client.post(url, content=stream(), headers={"content-type": "application/json"})
    assert response.json()["errorCode"] == "VALIDATION_BODY_TOO_LARGE"
    assert response.headers["connection"] == "close"


async def test_the_management_port_answers_alike(tmp_path: Path) -> None:
    async with (
        ready_context(build_settings(f"sqlite:///{tmp_path}/unused.db")) as context,
        open_client(build_management_asgi(context)) as client,
    ):
        assert (await client.get("/docs")).status_code == 404
        assert (await client.get("/internal/warm")).headers["allow"] == "POST"


async def test_a_status_that_the_framework_never_used_before_is_our_fault(tmp_path: Path) -> None:
    async with ready_context(build_settings(f"sqlite:///{tmp_path}/unused.db")) as context:
        app = build_public_app(context)

        async def teapot() -> None:
            raise HTTPException(418)

        app.add_api_route("/teapot", teapot)
        wrapped = build_stack(app, clock=context.clock, max_body_bytes=1024, metrics=None)
        async with open_client(wrapped) as client:
            assert (await client.get("/teapot")).json()["errorCode"] == "SYSTEM_INTERNAL_ERROR"
