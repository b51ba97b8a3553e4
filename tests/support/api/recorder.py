"""Looks at every response of a test client: an error that breaks the contract fails the test that caused it."""

from collections import defaultdict
from dataclasses import dataclass, field

import httpx

from restaurant_api.errors import CATALOGUE, ErrorCode

MEMBERS = {"type", "title", "status", "detail", "instance", "errorCode", "requestId"}


def check_problem(response: httpx.Response) -> ErrorCode:
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = response.json()
    assert set(problem) - {"errors"} == MEMBERS
    code = ErrorCode(problem["errorCode"])
    assert problem["status"] == response.status_code == CATALOGUE[code].status
    assert problem["title"] == CATALOGUE[code].title
    assert problem["requestId"] == response.headers["x-request-id"]
    assert all(set(error) == {"pointer", "detail"} for error in problem.get("errors", ()))
    return code


@dataclass
class Recorder:
    """Codes seen, by method and path template."""

    seen: dict[ErrorCode, int] = field(default_factory=lambda: defaultdict(int))

    async def record(self, response: httpx.Response) -> None:
        await response.aread()
        if response.status_code >= 400 and response.request.method != "HEAD":
            self.seen[check_problem(response)] += 1
