"""The client against a small HTTP server; what a real API server makes of it is tested in tests/integration."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from restaurant_operator.cluster.kube import KubeCluster
from restaurant_operator.cluster.port import Key
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.errors import ClusterError, RefusedError
from restaurant_operator.metrics import Metrics

KEY = Key("dining", "trattoria")
STACK = "/apis/restaurantstack.dev/v1alpha1/namespaces/dining/restaurantstacks/trattoria"
SERVICE: Manifest = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "x", "namespace": "dining", "uid": "u"},
}


@dataclass
class Api:
    """Answers by method and path; notes what was asked."""

    answers: dict[str, tuple[int, object]] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    requests: list[tuple[str, web.Request, object]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        text = await request.text()
        name = f"{request.method} {request.path}"
        self.requests.append((name, request, json.loads(text) if text else None))
        await asyncio.sleep(self.delays.get(name, 0))
        status, body = self.answers.get(name, (404, {"message": "not found"}))
        return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))


@pytest.fixture
async def api() -> AsyncIterator[tuple[Api, BaseTestServer]]:
    api, app = Api(), web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    async with TestServer(app) as server:
        yield api, server


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def cluster(
    api: tuple[Api, BaseTestServer], metrics: Metrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[KubeCluster]:
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": str(api[1].make_url("")).rstrip("/")}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    cluster = await KubeCluster.connect("dining", metrics)
    yield cluster
    await cluster.close()


async def test_request_carries_name_and_token(cluster: KubeCluster, api: tuple[Api, BaseTestServer]) -> None:
    api[0].answers[f"GET {STACK}"] = (200, {"kind": "RestaurantStack"})
    assert await cluster.read_stack(KEY) == {"kind": "RestaurantStack"}
    headers = api[0].requests[0][1].headers
    assert "restaurant-operator" in headers["User-Agent"]
    assert headers["Authorization"] == "Bearer secret"


async def test_what_is_not_there_is_no_error(cluster: KubeCluster) -> None:
    assert await cluster.read_stack(KEY) is None
    assert await cluster.read_child("Service", "dining", "x") is None
    await cluster.delete(SERVICE)
    await cluster.write_status({"metadata": {"name": "trattoria", "namespace": "dining"}, "status": {}})


async def test_apply_is_forced_and_under_our_name(cluster: KubeCluster, api: tuple[Api, BaseTestServer]) -> None:
    api[0].answers["PATCH /api/v1/namespaces/dining/services/x"] = (200, {"applied": True})
    assert await cluster.apply(SERVICE) == {"applied": True}
    _, request, body = api[0].requests[0]
    assert dict(request.query) == {"fieldManager": "restaurantstack-operator", "force": "true"}
    assert request.content_type == "application/apply-patch+yaml"
    assert body == SERVICE


async def test_delete_names_the_very_object(cluster: KubeCluster, api: tuple[Api, BaseTestServer]) -> None:
    api[0].answers["DELETE /api/v1/namespaces/dining/services/x"] = (200, {})
    await cluster.delete(SERVICE)
    assert api[0].requests[0][2] == {"propagationPolicy": "Background", "preconditions": {"uid": "u"}}


async def test_children_are_selected_by_label_and_know_their_kind(
    cluster: KubeCluster, api: tuple[Api, BaseTestServer], metrics: Metrics
) -> None:
    paths = ["/api/v1/{}".format, "/apis/apps/v1/{}".format, "/apis/batch/v1/{}".format]
    plurals = [["serviceaccounts", "configmaps", "services", "persistentvolumeclaims"], ["deployments", "statefulsets"]]
    for build, names in zip(paths, [*plurals, ["jobs"]], strict=True):
        for plural in names:
            items = [{"metadata": {"name": "j"}}] if plural == "jobs" else []
            api[0].answers[f"GET {build(f'namespaces/dining/{plural}')}"] = (200, {"items": items})
    assert await cluster.list_children(KEY) == [{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}}]
    assert {request.query["labelSelector"] for _, request, _ in api[0].requests} == {
        "restaurantstack.dev/stack=trattoria"
    }
    labels = {"verb": "list", "kind": "Job", "status": "200"}
    assert metrics.registry.get_sample_value("restaurantstack_operator_api_requests_total", labels) == 1


async def test_stacks_pods_and_events(cluster: KubeCluster, api: tuple[Api, BaseTestServer]) -> None:
    api[0].answers["GET /apis/restaurantstack.dev/v1alpha1/namespaces/dining/restaurantstacks"] = (200, {"items": []})
    api[0].answers["GET /api/v1/namespaces/dining/pods"] = (200, {"items": [{}]})
    api[0].answers["POST /api/v1/namespaces/dining/events"] = (201, {})
    assert await cluster.list_stacks() == []
    assert len(await cluster.list_pods("dining", {"a": "b"})) == 1
    await cluster.create_event({"metadata": {"namespace": "dining"}, "reason": "Ready"})
    assert api[0].requests[-1][2] == {"metadata": {"namespace": "dining"}, "reason": "Ready"}


async def test_kind_is_served_once_it_is_listed(cluster: KubeCluster, api: tuple[Api, BaseTestServer]) -> None:
    assert not await cluster.is_served()
    path = "GET /apis/restaurantstack.dev/v1alpha1"
    api[0].answers[path] = (200, {"resources": []})
    assert not await cluster.is_served()
    api[0].answers[path] = (200, {"resources": [{"name": "restaurantstacks"}]})
    listing = f"{path}/namespaces/dining/restaurantstacks"
    api[0].answers[listing] = (429, {"message": "storage is (re)initializing"})
    with pytest.raises(ClusterError, match="initializing"):
        await cluster.is_served()
    api[0].answers[listing] = (200, {"items": []})
    assert await cluster.is_served()


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (422, {"message": "spec.x: Invalid value"}, RefusedError, "can't apply Service: spec.x: Invalid value"),
        (400, {"message": "no"}, RefusedError, "can't apply Service: no"),
        (403, {"message": "exceeded quota"}, ClusterError, "can't apply Service: exceeded quota"),
        (503, "<html>", ClusterError, "can't apply Service: HTTP 503"),
        (500, [], ClusterError, "can't apply Service: HTTP 500"),
    ],
)
async def test_error_keeps_the_api_servers_sentence(
    cluster: KubeCluster,
    api: tuple[Api, BaseTestServer],
    status: int,
    body: object,
    kind: type[ClusterError],
    message: str,
) -> None:
    api[0].answers["PATCH /api/v1/namespaces/dining/services/x"] = (status, body)
    with pytest.raises(ClusterError) as error:
        await cluster.apply(SERVICE)
    assert (type(error.value), str(error.value), error.value.status) == (kind, message, status)


async def test_no_answer_is_outside_trouble(cluster: KubeCluster, api: tuple[Api, BaseTestServer]) -> None:
    await api[1].close()
    with pytest.raises(ClusterError, match="can't get RestaurantStack: Client"):
        await cluster.read_stack(KEY)


async def test_error_of_a_read_is_not_taken_for_absence(cluster: KubeCluster, api: tuple[Api, BaseTestServer]) -> None:
    api[0].answers[f"GET {STACK}"] = (500, {"message": "etcd"})
    with pytest.raises(ClusterError, match="etcd"):
        await cluster.read_stack(KEY)


async def test_of_several_failed_lists_the_same_one_is_told(
    cluster: KubeCluster, api: tuple[Api, BaseTestServer]
) -> None:
    api[0].answers["GET /api/v1/namespaces/dining/configmaps"] = (500, {"message": "slow"})
    api[0].answers["GET /api/v1/namespaces/dining/services"] = (500, {"message": "fast"})
    api[0].delays["GET /api/v1/namespaces/dining/configmaps"] = 0.1
    api[0].answers["GET /api/v1/namespaces/dining/serviceaccounts"] = (200, {"items": []})
    with pytest.raises(ClusterError, match="can't list ConfigMap: slow"):
        await cluster.list_children(KEY)
    assert len(api[0].requests) == 7
