"""The layers around an app, driven as plain ASGI."""

from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from restaurant_api.metrics import Metrics, build_metrics
from restaurant_api.middleware.stack import build_stack
from tests.support.api.clocks import ManualTime
from tests.support.api.processes import open_client


@pytest.fixture
def metrics() -> Metrics:
    return build_metrics(version="1", release="r")


def wrap(app: ASGIApp, metrics: Metrics) -> ASGIApp:
    return build_stack(app, clock=ManualTime().build_clock(), max_body_bytes=1024, metrics=metrics.http)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok")(scope, receive, send)


async def crash(*_: object) -> None:
    raise RuntimeError


async def crash_late(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError


async def vanish(*_: object) -> None:
    """A client that goes away before the answer: the app just returns."""


def count(metrics: Metrics, **labels: str) -> float | None:
    return metrics.registry.get_sample_value("restaurant_http_requests_total", labels)


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("0197a5c2-7e4b-7c1d-9f3a-2b6d8e0f1a23", True),
        ("trace.1_2-3", True),
        ("short", False),
        ("x" * 129, False),
        ("has space in it", False),
        ("<script>alert(1)</script>", False),
    ],
)
async def test_request_id_is_kept_when_sane(metrics: Metrics, sent: str, is_kept: bool) -> None:  # noqa: FBT001 - a case
    async with open_client(wrap(answer, metrics)) as client:
        response = await client.get("/", headers={"x-request-id": sent})
    assert (response.headers["x-request-id"] == sent) is is_kept
    assert len(response.headers.get_list("x-request-id")) == 1


async def test_crash_is_answered_counted_and_identified(metrics: Metrics) -> None:
    async with open_client(wrap(crash, metrics)) as client:
        response = await client.get("/")
    assert response.json()["requestId"] == response.headers["x-request-id"]
    labels = {"method": "GET", "route": "unmatched", "status": "500", "error_code": "SYSTEM_INTERNAL_ERROR"}
    assert count(metrics, **labels) == 1
    assert metrics.registry.get_sample_value("restaurant_http_requests_in_flight") == 0


async def test_crash_after_the_start_sends_no_second_head(metrics: Metrics) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        sent.append(message)

    async def receive() -> Any:  # noqa: ANN401 - an ASGI message
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await wrap(crash_late, metrics)(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


async def test_no_client_can_make_labels(metrics: Metrics) -> None:
    async with open_client(wrap(answer, metrics)) as client:
        for method in ("GET", "BREW", "BREW2"):
            await client.request(method, f"/{method}")
    assert count(metrics, method="GET", route="unmatched", status="200", error_code="") == 1
    assert count(metrics, method="other", route="unmatched", status="200", error_code="") == 2


async def test_a_client_that_left_is_counted_as_such(metrics: Metrics) -> None:
    async def nothing(*_: object) -> Any:  # noqa: ANN401 - an ASGI message
        return {}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await wrap(vanish, metrics)(scope, nothing, nothing)
    assert count(metrics, method="GET", route="unmatched", status="499", error_code="") == 1


@pytest.mark.parametrize(("length", "status"), [("1024", 200), ("1025", 413), ("-1", 200), ("x", 200)])
async def test_announced_length(metrics: Metrics, length: str, status: int) -> None:
    async with open_client(wrap(answer, metrics)) as client:
        request = httpx.Request("POST", "http://test/", headers={"content-length": length})
        assert (await client.send(request)).status_code == status
