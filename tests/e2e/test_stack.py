"""A stack from the sample that users copy, on a real node."""

import json

import pytest
import yaml

from tests.support.clusters import RunningCluster
from tests.support.stacks_on_node import StackOnNode
from tests.support.waiting import wait_until
from tools.images.definitions import ROOT
from tools.localcluster.errors import ClusterError

SAMPLE = ROOT / "manifests" / "samples" / "minimal.yaml"


@pytest.fixture(scope="module")
def stack(node_cluster: RunningCluster, namespace: str) -> StackOnNode:
    """The minimal sample: SQLite, one pod, a managed Redis."""
    sample = yaml.safe_load(SAMPLE.read_text())
    stack = StackOnNode(node_cluster, namespace, sample["metadata"]["name"])
    del sample["spec"]["version"]
    stack.apply(sample["spec"])
    stack.wait_until_ready()
    return stack


def test_the_minimal_sample_serves_a_menu_and_takes_orders(stack: StackOnNode) -> None:
    stack.seed("--locations=1")

    location = stack.get("/api/v1/locations")["locations"][0]["id"]
    menu = stack.get(f"/api/v1/locations/{location}/menu")

    assert sum(len(category["items"]) for category in menu["categories"]) == 120
    script = (
        "import json, urllib.request as u; "
        f"menu = json.load(u.urlopen('http://{stack.name}-api/api/v1/locations/{location}/menu')); "
        "item = next(i for c in menu['categories'] for i in c['items'] if i['isAvailable']); "
        f"r = u.Request('http://{stack.name}-api/api/v1/locations/{location}/orders', method='POST', "
        "data=json.dumps({'items': [{'itemId': item['id'], 'quantity': 2}]}).encode(), "
        "headers={'Content-Type': 'application/json', 'Idempotency-Key': 'e2e-1'}); "
        f"order = json.load(u.urlopen(r)); print(json.dumps([order, item['price']]))"
    )
    order, price = json.loads(stack.kubectl("exec", f"deployment/{stack.name}-api", "--", "python3", "-c", script))
    assert order["total"]["amount"] == 2 * price["amount"]
    assert stack.get(f"/api/v1/orders/{order['id']}") == order


def test_columns_and_conditions_tell_the_state_in_one_line(stack: StackOnNode) -> None:
    header, line = stack.kubectl("get", "rstack", "--output=wide").splitlines()

    assert header.split() == ["NAME", "READY", "STATUS", "VERSION", "REPLICAS", "CACHE", "AGE", "URL", "MESSAGE"]
    assert line.split()[:3] == [stack.name, "True", "Ready"]
    conditions = {item["type"]: item["status"] for item in stack.read()["status"]["conditions"]}
    expected_true = {"Ready", "DatabaseReady", "MigrationsApplied", "RedisReady", "CacheWarmed"}
    assert {name for name, status in conditions.items() if status == "True"} == expected_true
    assert conditions["Reconciling"] == conditions["Stalled"] == "False"


def test_every_pod_runs_where_only_restricted_pods_may(stack: StackOnNode) -> None:
    labels = json.loads(stack.kubectl("get", "namespace", stack.namespace, "--output=json"))["metadata"]["labels"]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    with pytest.raises(ClusterError, match="violates PodSecurity"):
        stack.kubectl("run", "careless", "--image=anything")


def test_a_broken_rule_is_refused_with_the_field_and_the_fix(stack: StackOnNode) -> None:
    with pytest.raises(ClusterError) as refusal:
        stack.patch({"api": {"replicas": 2}})

    assert "spec" in str(refusal.value)
    assert "postgres" in str(refusal.value)


def test_deleting_the_stack_removes_every_child(stack: StackOnNode) -> None:  # the last one, as nothing is left
    kinds = "deployments,statefulsets,jobs,services,configmaps,serviceaccounts,persistentvolumeclaims,pods"
    label = f"--selector=restaurantstack.dev/stack={stack.name}"
    assert stack.kubectl("get", kinds, label, "--output=name")

    stack.kubectl("delete", "rstack", stack.name)

    wait_until(lambda: not stack.kubectl("get", kinds, label, "--output=name"), what="no child is left", seconds=90)
