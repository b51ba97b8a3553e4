"""Clusters and namespaces for tests. A cluster made here ends with the test run, also when that is killed."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.demo.deployment import Deployment
from tools.localcluster.choose import choose_provider
from tools.localcluster.kubectl import run_kubectl
from tools.localcluster.spec import ClusterSpec, Level, PortMapping

KEPT_VARIABLE = "RESTAURANT_TEST_CLUSTER"
"""Name of a cluster to use and keep, for quick repeated runs: it is brought up when it doesn't run."""


@dataclass(frozen=True, slots=True)
class RunningCluster:
    """A cluster that is up."""

    deployment: Deployment

    @property
    def kubeconfig(self) -> Path:
        return self.deployment.kubeconfig

    @property
    def audit_log(self) -> Path:
        status = self.deployment.provider.compute_status(self.deployment.cluster)
        return Path(str(status["auditLog"]))

    def keep_logs(self, folder: Path) -> None:
        """Write what explains a failure: stacks, events, and each pod's description and log."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, words in {
            "objects": ["get", "rstack,all,pvc", "--all-namespaces", "--output=wide"],
            "stacks": ["describe", "rstack", "--all-namespaces"],
            "events": ["get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"],
            "pods": ["describe", "pods", "--all-namespaces"],
        }.items():
            (folder / f"{name}.txt").write_text(run_kubectl(self.kubeconfig, *words, check=False).stdout)
        pods = ["get", "pods", "--all-namespaces", "--no-headers"]
        for line in run_kubectl(self.kubeconfig, *pods, check=False).stdout.splitlines():
            namespace, pod = line.split()[:2]
            logs = ["logs", pod, f"--namespace={namespace}", "--all-containers", "--prefix"]
            done = run_kubectl(self.kubeconfig, *logs, check=False)
            (folder / f"{namespace}.{pod}.log").write_text(done.stdout + done.stderr)

    @contextmanager
    def make_namespace(self, prefix: str) -> Iterator[str]:
        """Make a namespace that admits only restricted pods; it is removed, without waiting, at the end."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        self.deployment.apply_namespace(name)
        yield name
        run_kubectl(self.kubeconfig, "delete", "namespace", name, "--wait=false", check=False)


def find_kept_port(level: Level, node_port: int) -> int | None:
    """Return the host's port of the kept cluster that leads to the node's; None when there is no such cluster."""
    kept = os.environ.get(KEPT_VARIABLE)
    ports = choose_provider().compute_status(f"{kept}-{level}").get("ports", {}) if kept else {}
    assert isinstance(ports, dict)
    return next((int(host) for host, node in ports.items() if node == node_port), None)


@contextmanager
def run_cluster(level: Level, ports: tuple[PortMapping, ...] = ()) -> Iterator[RunningCluster]:
    """Run a cluster of this test run's own, or use the one that RESTAURANT_TEST_CLUSTER names."""
    kept = os.environ.get(KEPT_VARIABLE)
    name = f"{kept}-{level}" if kept else f"test-{level}-{os.getpid()}"
    provider = choose_provider()
    provider.up(ClusterSpec(name, level, ports), owner=None if kept else os.getpid())
    try:
        yield RunningCluster(Deployment(provider, name))
    finally:
        if not kept:
            provider.down(name)
