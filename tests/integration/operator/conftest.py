from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import yaml

from restaurant_operator.cluster.kube import KubeCluster
from restaurant_operator.context import Context, read_clock
from restaurant_operator.metrics import Metrics
from tests.support.operator.api_server import ApiServer, Json
from tests.support.operator.driving import PLATFORM
from tests.support.operator.fake_kubelet import FakeKubelet
from tests.support.waiting import wait_until

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MANIFEST = Path(__file__).parents[3] / "manifests/crd/restaurantstacks.yaml"


@pytest.fixture(scope="session")
def api(kubeconfig: str) -> Iterator[ApiServer]:
    server = ApiServer.from_kubeconfig(kubeconfig)
    with server.http:
        _install_crd(server)
        yield server


def _install_crd(server: ApiServer) -> None:
    crd: Json = yaml.safe_load(MANIFEST.read_text())
    path = f"{CRDS}/{crd['metadata']['name']}"
    server.check(server.apply(path, crd))

    def is_established() -> bool:
        # Right after creation the list is there, as null.
        conditions = server.get(path).get("status", {}).get("conditions") or []
        return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)

    wait_until(is_established)
    # A moment later the API server serves it, too.
    wait_until(lambda: server.http.get("/apis/restaurantstack.dev/v1alpha1/restaurantstacks").is_success)


@pytest.fixture
def kubelet(api: ApiServer, namespace: str) -> Iterator[FakeKubelet]:
    with FakeKubelet(api, namespace) as running:
        yield running


@pytest.fixture
async def context(kubeconfig: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Context]:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    cluster = await KubeCluster.connect(namespace, Metrics())
    yield Context(cluster, PLATFORM, read_clock)
    await cluster.close()
