"""What a cluster is: its name, level and host ports. Pure values; no processes, no files."""

import enum
import hashlib
import json
import re
from dataclasses import asdict, dataclass

from tools.localcluster.errors import ClusterError


class Level(enum.StrEnum):
    """How much of a cluster runs."""

    API = "api"
    """etcd, API server and controller manager: objects, no pods."""
    NODE = "node"
    """Also scheduler, container runtime, kubelet, DNS, storage and metrics: pods run."""


@dataclass(frozen=True, slots=True)
class PortMapping:
    """A TCP port of the host's loopback that leads to a port of the node, for example to a NodePort."""

    host: int
    node: int

    @classmethod
    def parse(cls, text: str) -> "PortMapping":
        """Parse `HOST:NODE`, both 1 to 65535."""
        match = re.fullmatch(r"(\d{1,5}):(\d{1,5})", text)
        if not match or not all(0 < int(port) < 2**16 for port in match.groups()):
            message = f"port mapping {text!r} is not HOST:NODE: write for example 8080:30080"
            raise ClusterError(message)
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A cluster to bring up. Two specs with the same fingerprint can share one running cluster."""

    name: str
    level: Level
    ports: tuple[PortMapping, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?", self.name):
            message = f"cluster name {self.name!r}: use 1 to 32 lower-case letters, digits and dashes, first a letter"
            raise ClusterError(message)

    def compute_fingerprint(self, inputs: str) -> str:
        """Return a short hash of the spec and of `inputs`, whatever else decides how the cluster is built."""
        text = json.dumps([asdict(self), inputs], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
