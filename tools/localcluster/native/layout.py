"""Addresses and file names that the parts of the native provider share. Constants and paths only."""

from dataclasses import dataclass
from pathlib import Path

NODE_ADDRESS = "10.99.0.2"
NODE_NAME = "node"
POD_CIDR = "10.244.0.0/24"
SERVICE_CIDR = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_SERVICE_ADDRESS = "10.96.0.10"
API_PORT = 6443
METRICS_PORT = 4443
CLUSTER_DOMAIN = "cluster.local"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder of one cluster. Everything that the cluster writes is below `root`."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "cluster.json"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def kubeconfig(self) -> Path:
        """For people and tests: cluster admin, through the forwarded port on 127.0.0.1."""
        return self.root / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        return self.logs / "audit.log"

    @property
    def cgroup(self) -> str:
        """Name of the cluster's own control group, below each hierarchy's root."""
        return f"restaurantstack-{self.root.name}"
