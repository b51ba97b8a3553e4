"""Rollouts under load on a real node: new versions, a dying operator, a version that isn't there."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Self

import pytest
import yaml

from tests.support.clusters import RunningCluster
from tests.support.stacks_on_node import (
    POSTGRES,
    StackOnNode,
    kill_operator,
    read_operator_metric,
    read_operator_writes,
)
from tests.support.waiting import wait_until
from tools.demo.__main__ import NODE_PORT_SERVICE, count_by_result
from tools.demo.deployment import compute_api_version
from tools.demo.traffic import TrafficReport, drive_traffic, wait_until_reachable
from tools.demo.view import is_ready

RATE = 20.0


class Load:
    """Guests in the background, in bounded bursts, until the test has seen what it wants."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.reports: list[TrafficReport] = []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for seed in range(120):
            if self.ending.is_set():
                return
            self.reports.append(asyncio.run(drive_traffic(self.url, rate=RATE, seconds=2, random_seed=seed)))

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self.thread.join()

    @property
    def failures(self) -> list[str]:
        return [failure for report in self.reports for failure in report.failures]

    @property
    def requests(self) -> int:
        return sum(report.requests for report in self.reports)


@pytest.fixture(scope="module")
def stack(node_cluster: RunningCluster, namespace: str, host_port: int) -> Iterator[StackOnNode]:
    """Two pods on PostgreSQL with a full menu, reachable from the host."""
    node_cluster.deployment.apply_database(namespace)
    node_cluster.deployment.seed_database(namespace)
    stack = StackOnNode(node_cluster, namespace, "trattoria")
    stack.apply({"api": {"replicas": 2}, "database": POSTGRES})
    node_cluster.deployment.apply(*yaml.safe_load_all(NODE_PORT_SERVICE.read_text()), namespace=namespace)
    stack.wait_until_ready()
    wait_until_reachable(f"http://127.0.0.1:{host_port}", seconds=30)
    yield stack
    stack.kubectl("delete", "service", "trattoria-demo")


def choose_other_version(stack: StackOnNode) -> str:
    """Return the version that the stack does not run: the same content under another tag."""
    versions = {compute_api_version(), f"{compute_api_version()}-next"}
    return (versions - {stack.read()["status"]["version"]}).pop()


def is_rolled_to(stack: StackOnNode, version: str) -> Callable[[], bool]:
    def check() -> bool:
        now = stack.read()
        return is_ready(now) and now["status"]["version"] == version

    return check


def read_cache_counts(stack: StackOnNode, pod: str) -> dict[str, float]:
    url = f"/api/v1/namespaces/{stack.namespace}/pods/{pod}:9000/proxy/metrics"
    return count_by_result(stack.cluster.deployment.kubectl("get", "--raw", url))


def test_a_new_version_rolls_out_warm_and_without_a_failed_request(stack: StackOnNode, host_port: int) -> None:
    old = {pod["metadata"]["name"] for pod in stack.list_pods()}
    before = stack.read()["status"]["warm"]["revision"]
    version = choose_other_version(stack)

    with Load(f"http://127.0.0.1:{host_port}") as load:
        wait_until(lambda: bool(load.reports), what="traffic flows", seconds=30)
        stack.patch({"version": version})
        wait_until(is_rolled_to(stack, version), what="the new version is ready", seconds=120)
        seen = len(load.reports)
        wait_until(lambda: len(load.reports) > seen + 1, what="guests meet the new pods", seconds=30)

    assert load.failures == []
    assert load.requests > 5 * RATE
    status = stack.read()["status"]
    assert status["warm"]["revision"] != before
    assert status["warm"]["hitRatio"] == 1
    assert status["warm"]["keys"] > 0
    new = [pod["metadata"]["name"] for pod in stack.list_pods()]
    assert not old & set(new)
    for pod in new:
        counts = read_cache_counts(stack, pod)
        assert counts.get("shared miss", 0) == 0, "a warmed key was looked up in vain"


def test_an_operator_killed_in_a_rollout_is_followed_by_one_that_finishes_it(stack: StackOnNode) -> None:
    version = choose_other_version(stack)
    stack.patch({"version": version})
    wait_until(lambda: stack.read_condition("Reconciling").get("status") == "True", what="the rollout starts")

    kill_operator(stack.cluster)

    wait_until(is_rolled_to(stack, version), what="the new version is ready", seconds=120)
    images = {pod["spec"]["containers"][0]["image"].rsplit(":", 1)[1] for pod in stack.list_pods()}
    assert images == {version}


def test_a_restarted_operator_writes_nothing(stack: StackOnNode) -> None:
    offset = stack.cluster.audit_log.stat().st_size

    kill_operator(stack.cluster)

    passes = "restaurantstack_operator_reconcile_duration_seconds_count"
    wait_until(lambda: read_operator_metric(stack.cluster, passes) > 0, what="the new operator has looked", seconds=90)
    idle = "restaurantstack_operator_queue_depth"
    wait_until(lambda: read_operator_metric(stack.cluster, idle) == 0, what="its queue is empty", seconds=30)
    assert read_operator_writes(stack.cluster, offset) == []


def test_a_version_that_is_not_there_leaves_the_running_pods_alone(stack: StackOnNode) -> None:
    old = {pod["metadata"]["name"] for pod in stack.list_pods()}
    version = stack.read()["status"]["version"]

    stack.patch({"version": "9.9.9"})

    wait_until(lambda: "9.9.9" in json.dumps(stack.list_jobs_images()), what="the migration of 9.9.9 starts")
    wait_until(lambda: stack.read_condition("Ready").get("status") != "True", what="the stack says so")
    assert {pod["metadata"]["name"] for pod in stack.list_pods()} == old
    assert stack.get("/api/v1/locations")["locations"]

    stack.patch({"version": version})

    stack.wait_until_ready()
    assert {pod["metadata"]["name"] for pod in stack.list_pods()} == old


def test_kubectl_scale_adds_a_pod(stack: StackOnNode) -> None:
    stack.kubectl("scale", f"rstack/{stack.name}", "--replicas=3")

    wait_until(lambda: len(stack.list_pods()) == 3, what="three pods", seconds=30)
    wait_until(lambda: is_ready(stack.read()) and stack.read()["status"]["replicas"] == 3, what="ready", seconds=60)
