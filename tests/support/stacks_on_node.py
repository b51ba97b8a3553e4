"""Stacks on a real node, as kubectl users see them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.clusters import RunningCluster
from tests.support.waiting import wait_until
from tools.demo.deployment import OPERATOR_NAMESPACE, compute_api_version
from tools.demo.view import is_ready

OPERATOR_SELECTOR = "--selector=app.kubernetes.io/name=restaurantstack-operator"
OPERATOR_USER = f"system:serviceaccount:{OPERATOR_NAMESPACE}:"
WRITES = {"create", "update", "patch", "delete", "deletecollection"}

POSTGRES = {"postgres": {"urlSecretRef": {"name": "database", "key": "uri"}}}


@dataclass(frozen=True, slots=True)
class StackOnNode:
    """One stack by its name and namespace."""

    cluster: RunningCluster
    namespace: str
    name: str

    def kubectl(self, *words: str) -> str:
        return self.cluster.deployment.kubectl(f"--namespace={self.namespace}", *words)

    def apply(self, spec: Mapping[str, object]) -> None:
        """Apply the stack with this spec; the version is that of this checkout unless the spec has one."""
        stack: dict[str, object] = {
            "apiVersion": "restaurantstack.dev/v1alpha1",
            "kind": "RestaurantStack",
            "metadata": {"name": self.name},
            "spec": {"version": compute_api_version(), **spec},
        }
        self.cluster.deployment.apply(stack, namespace=self.namespace)

    def patch(self, spec: Mapping[str, object]) -> None:
        self.kubectl("patch", "rstack", self.name, "--type=merge", f"--patch={json.dumps({'spec': spec})}")

    def read(self) -> dict[str, Any]:
        return self.cluster.deployment.read_stack(self.namespace, self.name)

    def read_condition(self, kind: str) -> dict[str, Any]:
        conditions = self.read().get("status", {}).get("conditions", [])
        return next((condition for condition in conditions if condition["type"] == kind), {})

    def wait_until_ready(self, seconds: float = 120) -> None:
        wait_until(lambda: is_ready(self.read()), what=f"{self.name} ready", seconds=seconds)

    def get(self, path: str) -> Any:  # noqa: ANN401 (whatever JSON the path has)
        """GET from the stack's Service through the API server; returns parsed JSON."""
        url = f"/api/v1/namespaces/{self.namespace}/services/{self.name}-api:http/proxy{path}"
        return json.loads(self.cluster.deployment.kubectl("get", "--raw", url))

    def list_pods(self) -> list[dict[str, Any]]:
        """Return the API's pods that are not on their way out."""
        selector = f"--selector=app.kubernetes.io/name=restaurant-api,app.kubernetes.io/instance={self.name}"
        pods = json.loads(self.kubectl("get", "pods", selector, "--output=json"))["items"]
        return [
            pod
            for pod in pods
            if "deletionTimestamp" not in pod["metadata"] and "job-name" not in pod["metadata"]["labels"]
        ]

    def list_jobs_images(self) -> list[str]:
        """Return the images of the stack's Jobs."""
        selector = f"--selector=restaurantstack.dev/stack={self.name}"
        jobs = json.loads(self.kubectl("get", "jobs", selector, "--output=json"))["items"]
        return [job["spec"]["template"]["spec"]["containers"][0]["image"] for job in jobs]

    def seed(self, *options: str) -> None:
        self.kubectl("exec", f"deployment/{self.name}-api", "--", "python3", "-m", "restaurant_api", "seed", *options)


def read_operator_writes(cluster: RunningCluster, offset: int) -> list[str]:
    """Return the operator's writes that the API server's audit log has from `offset` bytes on."""
    with cluster.audit_log.open() as log:
        log.seek(offset)
        events = [json.loads(line) for line in log if line.endswith("\n")]
    return [
        f"{event['verb']} {event['requestURI']}"
        for event in events
        if event["user"]["username"].startswith(OPERATOR_USER) and event["verb"] in WRITES
    ]


def kill_operator(cluster: RunningCluster) -> str:
    """Kill the operator's pod without a chance to say goodbye; return the pod's name."""
    deployment = cluster.deployment
    names = deployment.kubectl("get", "pods", f"--namespace={OPERATOR_NAMESPACE}", OPERATOR_SELECTOR, "--output=name")
    pod = names.split()[0]
    deployment.kubectl("delete", pod, f"--namespace={OPERATOR_NAMESPACE}", "--grace-period=0", "--force")
    return pod


def read_operator_metric(cluster: RunningCluster, name: str) -> float:
    """Return a metric of the running operator, summed over its labels; 0 while there is no such operator."""
    deployment = cluster.deployment
    pods = json.loads(
        deployment.kubectl("get", "pods", f"--namespace={OPERATOR_NAMESPACE}", OPERATOR_SELECTOR, "--output=json")
    )["items"]
    ready = [pod for pod in pods if is_pod_ready(pod) and "deletionTimestamp" not in pod["metadata"]]
    if not ready:
        return 0.0
    url = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/pods/{ready[0]['metadata']['name']}:9090/proxy/metrics"
    lines = deployment.kubectl("get", "--raw", url).splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))


def is_pod_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
