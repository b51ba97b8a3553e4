"""The `kind` provider, for machines with Docker or Podman: one node, ports and audit policy as the native one has."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.localcluster.binaries import find_binary
from tools.localcluster.errors import ClusterError
from tools.localcluster.kubectl import run_kubectl
from tools.localcluster.locking import hold_lock
from tools.localcluster.native.files import AUDIT_POLICY
from tools.localcluster.paths import compute_cluster_folder, require_free_port, require_free_space
from tools.localcluster.progress import show_step
from tools.localcluster.provider import find_container_engine
from tools.localcluster.spec import ClusterSpec, Level

METRICS_SERVER = Path(__file__).parent / "kind-metrics-server.yaml"
COMPLETE = "complete"
"""A file that tells a finished start from one that was killed on its way; it has the configuration."""

SPACE_GIB = 4.0
AUDIT_FOLDER = "/var/log/kubernetes"

AUDIT_PATCH = f"""\
kind: ClusterConfiguration
apiServer:
  extraArgs:
    - {{name: audit-policy-file, value: /etc/kubernetes/audit-policy.yaml}}
    - {{name: audit-log-path, value: {AUDIT_FOLDER}/audit.log}}
  extraVolumes:
    - {{name: audit-policy, hostPath: /etc/kubernetes/audit-policy.yaml, mountPath: /etc/kubernetes/audit-policy.yaml,
       readOnly: true, pathType: File}}
    - {{name: audit-logs, hostPath: {AUDIT_FOLDER}, mountPath: {AUDIT_FOLDER}, pathType: DirectoryOrCreate}}
"""

Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]


def build_kind_configuration(spec: ClusterSpec, logs: Path) -> dict[str, object]:
    """Return a kind configuration (kind.x-k8s.io/v1alpha4): port mappings on 127.0.0.1, audit log in `logs`."""
    mappings = [
        {"containerPort": port.node, "hostPort": port.host, "listenAddress": "127.0.0.1", "protocol": "TCP"}
        for port in spec.ports
    ]
    mounts = [
        {"hostPath": str(AUDIT_POLICY), "containerPath": "/etc/kubernetes/audit-policy.yaml", "readOnly": True},
        {"hostPath": str(logs), "containerPath": AUDIT_FOLDER},
    ]
    node = {"role": "control-plane", "extraPortMappings": mappings, "extraMounts": mounts}
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [node],
        "kubeadmConfigPatches": [AUDIT_PATCH],
    }


class KindProvider:
    """A kind cluster. Both levels are the same here: a kind cluster always has a node."""

    name = "kind"

    def __init__(self, run: Run | None = None) -> None:
        self.run = run or _run_kind

    def prepare(self, level: Level) -> None:
        del level
        self._call("version")

    def up(self, spec: ClusterSpec, *, owner: int | None) -> None:
        del owner  # containers outlive their maker; `down` ends them
        folder = compute_cluster_folder(spec.name)
        with hold_lock(folder.with_suffix(".lock")):
            configuration = json.dumps(build_kind_configuration(spec, folder / "logs"), indent=1)
            if self._is_running_as(spec.name, configuration):
                return
            self._remove(spec.name)
            require_free_space(SPACE_GIB, "running a cluster")
            for mapping in spec.ports:
                require_free_port(mapping.host)
            (folder / "logs").mkdir(parents=True)
            (folder / "kind.yaml").write_text(configuration)
            self._create(spec)
            (folder / COMPLETE).write_text(configuration)

    def down(self, name: str) -> None:
        with hold_lock(compute_cluster_folder(name).with_suffix(".lock"), remove=True):
            self._remove(name)

    def compute_status(self, name: str) -> dict[str, object]:
        folder = compute_cluster_folder(name)
        if not (folder / COMPLETE).exists():
            return {"running": False}
        (node,) = json.loads((folder / COMPLETE).read_text())["nodes"]
        return {
            "running": self._is_ready(name),
            "kubeconfig": str(folder / "kubeconfig"),
            "auditLog": str(folder / "logs" / "audit.log"),
            "ports": {str(port["hostPort"]): port["containerPort"] for port in node["extraPortMappings"]},
        }

    def find_kubeconfig(self, name: str) -> Path:
        path = compute_cluster_folder(name) / "kubeconfig"
        if not path.exists():
            message = f"cluster {name} is not running: bring it up first"
            raise ClusterError(message)
        return path

    def load(self, name: str, archives: Sequence[Path]) -> None:
        for archive in archives:
            with show_step(f"load {archive.name}"):
                self._call("load", "image-archive", str(archive), "--name", self._cluster_name(name))

    def build_run_command(self, name: str, command: Sequence[str]) -> list[str]:
        return [find_container_engine() or "docker", "exec", f"{self._cluster_name(name)}-control-plane", *command]

    def build_logs_command(self, name: str, component: str | None) -> list[str]:
        unit = component or "kubelet"
        return self.build_run_command(name, ["journalctl", "--no-pager", "--unit", unit])

    def _create(self, spec: ClusterSpec) -> None:
        name, folder = spec.name, compute_cluster_folder(spec.name)
        options = ["--config", str(folder / "kind.yaml"), "--kubeconfig", str(folder / "kubeconfig"), "--wait", "180s"]
        try:
            with show_step(f"create kind cluster {name}", expected="1 min"):
                self._call("create", "cluster", "--name", self._cluster_name(name), *options)
            run_kubectl(folder / "kubeconfig", "apply", "--server-side", "--filename", str(METRICS_SERVER))
            if spec.level is Level.API:  # no pod is to run, as in a cluster without nodes
                run_kubectl(folder / "kubeconfig", "cordon", f"{self._cluster_name(name)}-control-plane")
            # The API server writes it for root alone, and who runs kind may be somebody else.
            self._in_node(name, "chmod", "0644", f"{AUDIT_FOLDER}/audit.log")
        except BaseException:  # an interrupted start too leaves nothing behind
            self._remove(name)
            raise

    def _remove(self, name: str) -> None:
        self._call("delete", "cluster", "--name", self._cluster_name(name))
        shutil.rmtree(compute_cluster_folder(name), ignore_errors=True)

    def _is_running_as(self, name: str, configuration: str) -> bool:
        marker = compute_cluster_folder(name) / COMPLETE
        return marker.exists() and marker.read_text() == configuration and self._is_ready(name)

    def _is_ready(self, name: str) -> bool:
        """Tell whether it answers: a stopped node is still listed by kind."""
        kubeconfig = compute_cluster_folder(name) / "kubeconfig"
        return run_kubectl(kubeconfig, "get", "--raw", "/readyz", check=False).stdout == "ok"

    def _in_node(self, name: str, *command: str) -> None:
        subprocess.run(self.build_run_command(name, command), capture_output=True, check=False)

    def _cluster_name(self, name: str) -> str:
        return f"restaurantstack-{name}"

    def _call(self, *words: str) -> str:
        done = self.run(words)
        if done.returncode:
            message = f"kind {' '.join(words[:2])} failed: {done.stderr.strip()[-800:]}"
            raise ClusterError(message)
        return done.stdout


def _run_kind(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ.copy()
    if find_container_engine() == "podman":
        environment["KIND_EXPERIMENTAL_PROVIDER"] = "podman"
    command = [str(find_binary("kind", "kind")), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
