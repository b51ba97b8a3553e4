"""Whole passes, in this process, against a real API server and its controllers."""

import asyncio

from restaurant_operator.cluster.kinds import CHILD_KINDS
from restaurant_operator.cluster.port import Key
from restaurant_operator.context import Context
from restaurant_operator.reconcile import reconcile
from tests.support.operator.api_server import ApiServer, Json, build_stack, stack_path
from tests.support.operator.fake_kubelet import FakeKubelet

NAME = "trattoria"
POSTGRES: Json = {"postgres": {"urlSecretRef": {"name": "db"}}}


def get_stack(api: ApiServer, namespace: str) -> Json:
    return api.get(stack_path(namespace, NAME))


def list_children(api: ApiServer, namespace: str) -> dict[tuple[str, str], Json]:
    query = f"labelSelector=restaurantstack.dev/stack={NAME}"
    return {
        (kind.name, item["metadata"]["name"]): item
        for kind in CHILD_KINDS
        for item in api.list_items(f"{kind.build_path(namespace)}?{query}")
    }


def list_versions(api: ApiServer, namespace: str) -> dict[object, str]:
    children = list_children(api, namespace)
    versions: dict[object, str] = {key: item["metadata"]["resourceVersion"] for key, item in children.items()}
    return versions | {"stack": get_stack(api, namespace)["metadata"]["resourceVersion"]}


async def converge(api: ApiServer, context: Context, namespace: str) -> None:
    for _ in range(150):
        await reconcile(Key(namespace, NAME), 0, context)
        status = get_stack(api, namespace)["status"]
        if (
            status["phase"] == "Ready"
            and status["observedGeneration"] == get_stack(api, namespace)["metadata"]["generation"]
        ):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(get_stack(api, namespace)["status"])


async def start(api: ApiServer, context: Context, namespace: str, spec: Json) -> None:
    api.check(api.create(stack_path(namespace), build_stack({"version": "0.1.0"} | spec, NAME)))
    await converge(api, context, namespace)


async def test_second_pass_and_a_new_operator_write_nothing(
    api: ApiServer, context: Context, namespace: str, kubelet: FakeKubelet
) -> None:
    await start(
        api,
        context,
        namespace,
        {"database": POSTGRES, "api": {"replicas": 2, "resources": {"requests": {"cpu": "0.5"}}}},
    )
    await asyncio.sleep(1)
    before = list_versions(api, namespace)
    assert kubelet.failing == set()
    for _ in range(3):
        assert await reconcile(Key(namespace, NAME), 0, context) is None
    assert list_versions(api, namespace) == before


async def test_status_is_complete(api: ApiServer, context: Context, namespace: str, kubelet: FakeKubelet) -> None:
    await start(api, context, namespace, {})
    assert kubelet.failing == set()
    status = get_stack(api, namespace)["status"]
    assert status["cache"] == "100%"
    assert status["warm"]["keys"] == 42
    assert status["replicas"] == 1
    conditions = {item["type"]: item["status"] for item in status["conditions"]}
    assert conditions == {
        "Ready": "True",
        "Reconciling": "False",
        "Stalled": "False",
        "DatabaseReady": "True",
        "MigrationsApplied": "True",
        "RedisReady": "True",
        "CacheWarmed": "True",
    }
    reasons = [
        item["reason"]
        for item in api.list_items(f"/api/v1/namespaces/{namespace}/events")
        if item["involvedObject"]["kind"] == "RestaurantStack"
    ]
    assert len(reasons) == len(set(reasons))
    assert {"Accepted", "Ready"} <= set(reasons)


async def test_drift_is_repaired_and_what_others_own_stays(
    api: ApiServer, context: Context, namespace: str, kubelet: FakeKubelet
) -> None:
    await start(api, context, namespace, {})
    assert kubelet.failing == set()
    service = f"/api/v1/namespaces/{namespace}/services/{NAME}-api"
    api.check(api.merge(service, {"spec": {"selector": {"app.kubernetes.io/name": "other"}}}))
    api.check(api.merge(service, {"metadata": {"annotations": {"example.com/team": "kitchen"}}}))
    deployment = f"/apis/apps/v1/namespaces/{namespace}/deployments/{NAME}-api"
    container = api.get(deployment)["spec"]["template"]["spec"]["containers"][0]
    container["image"] = "registry.example.com/other"
    api.check(api.merge(deployment, {"spec": {"template": {"spec": {"containers": [container]}}}}))
    settings = container["envFrom"][0]["configMapRef"]["name"]
    api.delete(f"/api/v1/namespaces/{namespace}/configmaps/{settings}")
    await reconcile(Key(namespace, NAME), 0, context)
    assert api.get(service)["spec"]["selector"]["app.kubernetes.io/name"] == "restaurant-api"
    assert api.get(service)["metadata"]["annotations"]["example.com/team"] == "kitchen"
    image = api.get(deployment)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "registry.example.com/restaurant-api:0.1.0"
    assert ("ConfigMap", settings) in list_children(api, namespace)


async def test_field_that_is_no_longer_declared_vanishes(
    api: ApiServer, context: Context, namespace: str, kubelet: FakeKubelet
) -> None:
    await start(api, context, namespace, {"redis": {"external": {"urlSecretRef": {"name": "cache"}}}})
    assert kubelet.failing == set()
    deployment = f"/apis/apps/v1/namespaces/{namespace}/deployments/{NAME}-api"

    def list_variables() -> set[str]:
        container = api.get(deployment)["spec"]["template"]["spec"]["containers"][0]
        return {variable["name"] for variable in container["env"]}

    assert list_variables() == {"RESTAURANT_REDIS_URL", "RESTAURANT_RELEASE"}
    redis: Json = {"redis": {"external": None, "disabled": {}}}
    api.check(api.merge(stack_path(namespace, NAME), {"spec": redis}))
    await converge(api, context, namespace)
    assert list_variables() == {"RESTAURANT_RELEASE"}


async def test_what_is_no_longer_declared_is_pruned(
    api: ApiServer, context: Context, namespace: str, kubelet: FakeKubelet
) -> None:
    await start(api, context, namespace, {})
    assert kubelet.failing == set()
    assert ("StatefulSet", f"{NAME}-redis") in list_children(api, namespace)
    old = {key for key in list_children(api, namespace) if key[0] == "Job"}
    bystander = {"metadata": {"name": "bystander", "labels": {"restaurantstack.dev/stack": NAME}}}
    api.check(api.create(f"/api/v1/namespaces/{namespace}/configmaps", bystander))
    api.check(api.merge(stack_path(namespace, NAME), {"spec": {"redis": {"managed": None, "disabled": {}}}}))
    await converge(api, context, namespace)
    await reconcile(Key(namespace, NAME), 0, context)
    left = {key for key, item in list_children(api, namespace).items() if "deletionTimestamp" not in item["metadata"]}
    assert ("ConfigMap", "bystander") in left
    assert not [key for key in left if key[1] == f"{NAME}-redis"]
    assert not old & left


async def test_volume_grows(api: ApiServer, context: Context, namespace: str, kubelet: FakeKubelet) -> None:
    """Unbound here, so the API server refuses to grow it; that is told, and everything else goes on."""
    await start(api, context, namespace, {})
    assert kubelet.failing == set()
    change = {"api": {"replicas": 0}, "database": {"sqlite": {"storage": "2Gi"}}}
    api.check(api.merge(stack_path(namespace, NAME), {"spec": change}))
    delay = await reconcile(Key(namespace, NAME), 0, context)
    assert delay is not None
    assert delay >= 60
    status = get_stack(api, namespace)["status"]
    assert status["phase"] == "Failed"
    assert f"PersistentVolumeClaim {NAME}-data keeps its size" in status["message"]
    assert api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{NAME}-api")["spec"]["replicas"] == 0


async def test_deleted_stack_takes_its_children_along(
    api: ApiServer, context: Context, namespace: str, kubelet: FakeKubelet
) -> None:
    await start(api, context, namespace, {})
    assert kubelet.failing == set()
    api.delete(stack_path(namespace, NAME))
    for _ in range(150):
        left = [
            item
            for item in list_children(api, namespace).values()
            if "pvc-protection" not in str(item["metadata"].get("finalizers"))
        ]
        if not left:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(left)
