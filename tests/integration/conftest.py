from collections.abc import Iterator

import pytest

from tests.support.clusters import RunningCluster, run_cluster
from tools.localcluster.spec import Level


@pytest.fixture(scope="session")
def api_cluster() -> Iterator[RunningCluster]:
    """A cluster without nodes: etcd, API server and controller manager."""
    with run_cluster(Level.API) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kubeconfig(api_cluster: RunningCluster) -> str:
    return str(api_cluster.kubeconfig)


@pytest.fixture
def namespace(api_cluster: RunningCluster) -> Iterator[str]:
    with api_cluster.make_namespace("it") as name:
        yield name
