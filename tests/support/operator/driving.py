"""Runs passes against a fake cluster as the queue would, without the queue's time."""

from datetime import UTC, datetime

from restaurant_operator.cluster.port import Key
from restaurant_operator.context import Context
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.desired.platform import Platform
from restaurant_operator.reconcile import reconcile
from tests.support.operator.fake_cluster import Crash, FakeCluster

PLATFORM = Platform("registry.example.com/restaurant-api", "registry.example.com/redis:7.4", "IfNotPresent")
NOW = datetime(2030, 1, 1, 0, 2, tzinfo=UTC)


def build_context(cluster: FakeCluster, now: datetime = NOW) -> Context:
    return Context(cluster, PLATFORM, lambda: now)


async def run_pass(cluster: FakeCluster, key: Key, *, attempt: int = 0) -> float | None:
    return await reconcile(key, attempt, build_context(cluster))


async def run_until_quiet(cluster: FakeCluster, key: Key, *, settle: bool = True) -> None:
    """Give up after 30 rounds: it should have come to rest long before. A crash starts the operator anew."""
    quiet = 0
    for _ in range(30):
        before = len(cluster.writes)
        try:
            await run_pass(cluster, key)
        except Crash:
            continue
        quiet = quiet + 1 if len(cluster.writes) == before else 0
        # Once more after settling: a pass may be quiet because it waits for others.
        if quiet > settle:
            return
        if settle:
            cluster.settle()
    msg = f"still writing: {cluster.writes[-5:]}"
    raise AssertionError(msg)


def get_status(cluster: FakeCluster, key: Key) -> Manifest:
    status: Manifest = cluster.stacks[key]["status"]
    return status


def get_condition(cluster: FakeCluster, key: Key, kind: str) -> tuple[str, str, str]:
    """Give status, reason and message."""
    found = next(item for item in get_status(cluster, key)["conditions"] if item["type"] == kind)
    return found["status"], found["reason"], found["message"]
