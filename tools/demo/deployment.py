"""Puts the product on a cluster as its users would: images, Helm, kubectl. For the demo and the end-to-end tests."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.images.build import build_image, choose_engine, compute_tags, compute_version
from tools.images.definitions import REGISTRY, ROOT
from tools.localcluster.binaries import find_binary
from tools.localcluster.errors import ClusterError
from tools.localcluster.kubectl import run_kubectl
from tools.localcluster.provider import Provider

OPERATOR_NAMESPACE = "restaurantstack-system"
OPERATOR_RELEASE = "restaurantstack-operator"
CHART = ROOT / "charts" / "restaurantstack-operator"
DATABASE = Path(__file__).parent / "database.yaml"
SEED_JOB = Path(__file__).parent / "seed-job.yaml"
DATABASE_IMAGE = "docker.io/library/postgres:15"

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
"""Labels under which the API server refuses any pod that is not restricted."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One cluster and how to put things on it."""

    provider: Provider
    cluster: str

    @property
    def kubeconfig(self) -> Path:
        return self.provider.find_kubeconfig(self.cluster)

    @property
    def has_local_images(self) -> bool:
        """Whether Redis and PostgreSQL too are local images, since this machine can't pull the public ones."""
        return self.provider.name == "native"

    def load_images(self) -> None:
        """Build what is missing and load it into the cluster's node."""
        engine = choose_engine()
        keys = ["api", "operator", *(["redis", "postgres"] if self.has_local_images else [])]
        self.provider.load(self.cluster, [build_image(key, engine) for key in keys])

    def kubectl(self, *words: str, standard_input: str | None = None) -> str:
        """Run kubectl and return what it printed; raises ClusterError with what it complained of."""
        return run_kubectl(self.kubeconfig, *words, standard_input=standard_input).stdout

    def apply(self, *objects: dict[str, object], namespace: str | None = None) -> None:
        """Apply objects server-side, also over what somebody tried out with kubectl scale or patch."""
        where = [f"--namespace={namespace}"] if namespace else []
        options = ["--server-side", "--force-conflicts", *where, "--filename=-"]
        self.kubectl("apply", *options, standard_input=yaml.safe_dump_all(objects))

    def apply_namespace(self, name: str) -> None:
        """Make a namespace in which only restricted pods are admitted."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": RESTRICTED}})

    def install_operator(self) -> None:
        """Install or upgrade the chart, and wait until the operator is ready."""
        self.apply_namespace(OPERATOR_NAMESPACE)
        self._forget_interrupted_releases()
        values = {
            "image.repository": f"{REGISTRY}/restaurant-operator",
            "image.tag": compute_version("operator"),
            "stack.apiImageRepository": f"{REGISTRY}/restaurant-api",
        }
        if self.has_local_images:
            values["stack.redisImage"] = compute_tags("redis")[0]
        settings = [f"--set-string={key}={value}" for key, value in values.items()]
        command = [str(find_binary("helm", "helm")), "upgrade", OPERATOR_RELEASE, str(CHART), "--install", *settings]
        options = [f"--kubeconfig={self.kubeconfig}", f"--namespace={OPERATOR_NAMESPACE}", "--wait", "--timeout=120s"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"helm upgrade --install failed: {done.stderr.strip()[-800:]}"
            raise ClusterError(message)

    def _forget_interrupted_releases(self) -> None:
        """Remove what a killed Helm left: it would refuse every later upgrade as one of two at once."""
        pending = "status in (pending-install,pending-upgrade,pending-rollback)"
        selector = f"--selector=owner=helm,name={OPERATOR_RELEASE},{pending}"
        self.kubectl("delete", "secret", f"--namespace={OPERATOR_NAMESPACE}", "--ignore-not-found", selector)

    def apply_database(self, namespace: str) -> None:
        """Run a PostgreSQL in the namespace, with a Secret `database` whose key `uri` leads to it."""
        text = DATABASE.read_text()
        if self.has_local_images:
            text = text.replace(DATABASE_IMAGE, compute_tags("postgres")[0])
        self.apply(*yaml.safe_load_all(text), namespace=namespace)
        self.kubectl("rollout", "status", "statefulset/database", f"--namespace={namespace}", "--timeout=120s")

    def seed_database(self, namespace: str) -> None:
        """Fill the database with a restaurant, once per API image: a Job that did its work is left alone."""
        job = yaml.safe_load(SEED_JOB.read_text())
        job["metadata"]["name"] = name = f"seed-{compute_api_version()}"
        for container in (
            *job["spec"]["template"]["spec"]["initContainers"],
            *job["spec"]["template"]["spec"]["containers"],
        ):
            container["image"] = compute_tags("api")[0]
        self.apply(job, namespace=namespace)
        self.kubectl("wait", "--for=condition=Complete", f"job/{name}", f"--namespace={namespace}", "--timeout=120s")

    def read_stack(self, namespace: str, name: str) -> dict[str, object]:
        """Return the stack as the API server has it."""
        stack: dict[str, object] = json.loads(
            self.kubectl("get", "restaurantstack", name, f"--namespace={namespace}", "--output=json")
        )
        return stack


def compute_api_version() -> str:
    """Return the version of the API image that is built from this checkout, for a stack's `spec.version`."""
    return compute_version("api")
