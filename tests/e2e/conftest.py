"""One real node for the whole session, with the operator on it as its users install it."""

import json
from collections.abc import Iterator

import pytest

from tests.support.clusters import RunningCluster, run_cluster
from tests.support.waiting import find_free_port
from tools.demo.deployment import OPERATOR_NAMESPACE
from tools.localcluster.spec import Level, PortMapping

NODE_PORT = 30080


@pytest.fixture(scope="session")
def host_port() -> int:
    """The port of 127.0.0.1 that leads to the node's port 30080."""
    return find_free_port()


@pytest.fixture(scope="session")
def node_cluster(host_port: int) -> Iterator[RunningCluster]:
    with run_cluster(Level.NODE, (PortMapping(host_port, NODE_PORT),)) as cluster:
        cluster.deployment.load_images()
        cluster.deployment.install_operator()
        yield cluster


@pytest.fixture(scope="module")
def namespace(node_cluster: RunningCluster) -> Iterator[str]:
    """One per module: its tests share a stack, which each leaves ready."""
    with node_cluster.make_namespace("e2e") as name:
        yield name


@pytest.fixture(autouse=True)
def operator_log_is_clean(node_cluster: RunningCluster) -> Iterator[None]:
    """After every test: whatever the operator met, it expected."""
    yield
    selector = "--selector=app.kubernetes.io/name=restaurantstack-operator"
    log = node_cluster.deployment.kubectl(
        "logs", selector, f"--namespace={OPERATOR_NAMESPACE}", "--tail=-1", "--ignore-errors"
    )
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line for line in lines if line["level"] in {"error", "critical"}] == []
    assert "Traceback" not in log
