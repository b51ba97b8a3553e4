"""Bounded, realistic traffic: guests who read the menu, some of whom order. Owns the load and its figures.

An open model: requests start on schedule whether or not earlier ones were answered; a slow server can't hide in a slow
client. Sends only to the address it is given.
"""

import asyncio
import contextlib
import math
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tools.localcluster.errors import ClusterError

ORDER_SHARE = 0.15
REVALIDATE_SHARE = 0.5
"""Guests who have the menu already and ask whether it changed."""

TIMEOUT_SECONDS = 10.0
POLL_SECONDS = 0.1


@dataclass(slots=True)
class TrafficReport:
    """What the guests saw. Latencies are in seconds, by operation."""

    latencies: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    orders: int = 0

    @property
    def requests(self) -> int:
        return sum(len(values) for values in self.latencies.values())

    def record(self, operation: str, seconds: float, response: httpx.Response) -> None:
        """Count one answer; anything that a guest would call an error is a failure."""
        self.latencies.setdefault(operation, []).append(seconds)
        self.statuses[response.status_code] += 1
        if response.status_code >= httpx.codes.BAD_REQUEST:
            self.failures.append(f"{operation}: {response.status_code} {response.text[:200]}")


def compute_percentile(values: list[float], share: float) -> float:
    """Return the nearest-rank percentile: the smallest value that at least `share` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def wait_until_reachable(base_url: str, *, seconds: float) -> None:
    """Return once the restaurant answers at its address: a ready pod gets there a moment before its Service does."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{base_url}/livez", timeout=TIMEOUT_SECONDS, trust_env=False).is_success:
                return
        if time.monotonic() > deadline:
            message = f"{base_url} does not answer within {seconds:.0f} s, though the stack is ready"
            raise ClusterError(message)
        time.sleep(POLL_SECONDS)


async def drive_traffic(base_url: str, *, rate: float, seconds: float, random_seed: int = 1) -> TrafficReport:
    """Send `rate` requests a second for `seconds`; return when the last is answered."""
    report = TrafficReport()
    choices = random.Random(random_seed)  # noqa: S311 (which dish a pretended guest picks is no secret)
    async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        guest = Guest(client, report, choices)
        await guest.find_restaurants()
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
                group.create_task(guest.visit())
    return report


@dataclass(slots=True)
class Guest:
    """Everyone who visits: one client, one record, the restaurants' menus as last seen."""

    client: httpx.AsyncClient
    report: TrafficReport
    choices: random.Random
    menus: dict[str, list[str]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)

    async def find_restaurants(self) -> None:
        """Learn the locations and what they serve."""
        locations = (await self.client.get("/api/v1/locations")).raise_for_status().json()["locations"]
        for location in locations:
            await self.read_menu(location["id"])

    async def visit(self) -> None:
        """Do one thing, as a guest would; a lost connection is a failure too."""
        location = self.choices.choice(sorted(self.menus))
        try:
            if self.choices.random() < ORDER_SHARE:
                await self.place_order(location)
            else:
                await self.read_menu(location)
        except httpx.HTTPError as error:
            self.report.failures.append(f"{type(error).__name__}: {error}")

    async def read_menu(self, location: str) -> None:
        headers = {}
        if location in self.etags and self.choices.random() < REVALIDATE_SHARE:
            headers["If-None-Match"] = self.etags[location]
        response = await self._send("menu", "GET", f"/api/v1/locations/{location}/menu", headers=headers)
        if response.status_code == httpx.codes.OK:
            self.etags[location] = response.headers["etag"]
            categories = response.json()["categories"]
            self.menus[location] = [
                item["id"] for category in categories for item in category["items"] if item["isAvailable"]
            ]

    async def place_order(self, location: str) -> None:
        """Order up to four dishes, then look at the order once."""
        picked = self.choices.sample(self.menus[location], k=self.choices.randint(1, 4))
        lines = [{"itemId": item, "quantity": self.choices.randint(1, 3)} for item in picked]
        headers = {"Idempotency-Key": f"demo-{uuid.uuid4()}"}  # never one of an earlier run's
        url = f"/api/v1/locations/{location}/orders"
        response = await self._send("order", "POST", url, headers=headers, json={"items": lines})
        if response.status_code == httpx.codes.CREATED:
            self.report.orders += 1
            await self._send("order status", "GET", f"/api/v1/orders/{response.json()['id']}", headers={})

    async def _send(
        self, operation: str, method: str, url: str, *, headers: dict[str, str], json: object = None
    ) -> httpx.Response:
        started = time.monotonic()
        response = await self.client.request(method, url, headers=headers, json=json)
        self.report.record(operation, time.monotonic() - started, response)
        return response
