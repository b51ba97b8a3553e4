"""One real node for the whole session, with the operator on it as its users install it."""

import json
from collections.abc import Generator, Iterator

import pytest

from tests.support.clusters import RunningCluster, find_kept_port, run_cluster
from tests.support.waiting import find_free_port
from tools.demo.deployment import OPERATOR_NAMESPACE
from tools.images.definitions import ROOT
from tools.localcluster.spec import Level, PortMapping

NODE_PORT = 30080
FAILED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def host_port() -> int:
    """The port of 127.0.0.1 that leads to the node's port 30080: that of a kept cluster, else a free one."""
    return find_kept_port(Level.NODE, NODE_PORT) or find_free_port()


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how the test went, for the fixture below."""
    report = yield
    item.stash.setdefault(FAILED, []).extend([report.when] if report.failed else [])
    return report


@pytest.fixture(autouse=True)
def logs_of_failures(node_cluster: RunningCluster, request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep what a failed test's pods said in `build/logs`, and show the end of it."""
    yield
    if request.node.stash.get(FAILED, []):
        folder = ROOT / "build" / "logs" / request.node.name
        node_cluster.keep_logs(folder)
        print((folder / "objects.txt").read_text(), (folder / "stacks.txt").read_text())  # noqa: T201 (pytest shows it)
        print(f"logs of all pods are in {folder}")  # noqa: T201 (as above)


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
