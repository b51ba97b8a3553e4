"""The `existing` provider: whatever cluster KUBECONFIG names. Creates and removes nothing."""

import os
from collections.abc import Sequence
from pathlib import Path

from tools.localcluster.errors import ClusterError
from tools.localcluster.kubectl import run_kubectl
from tools.localcluster.spec import ClusterSpec, Level


class ExistingProvider:
    """A cluster that somebody else runs."""

    name = "existing"

    def prepare(self, level: Level) -> None:
        """There is nothing to prepare."""

    def up(self, spec: ClusterSpec, *, owner: int | None) -> None:
        del spec, owner
        if run_kubectl(self.find_kubeconfig(""), "get", "--raw", "/readyz", check=False).stdout != "ok":
            message = f"the cluster of {self.find_kubeconfig('')} does not answer: check KUBECONFIG and the cluster"
            raise ClusterError(message)

    def down(self, name: str) -> None:
        """Leave the cluster as it is: it is not ours."""

    def compute_status(self, name: str) -> dict[str, object]:
        kubeconfig = self.find_kubeconfig(name)
        ready = run_kubectl(kubeconfig, "get", "--raw", "/readyz", check=False).stdout == "ok"
        return {"running": ready, "kubeconfig": str(kubeconfig)}

    def find_kubeconfig(self, name: str) -> Path:
        del name
        path = Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
        if not path.is_file():
            message = f"there is no kubeconfig at {path}: set KUBECONFIG to the file of the cluster to use"
            raise ClusterError(message)
        return path

    def load(self, name: str, archives: Sequence[Path]) -> None:
        del name
        message = (
            f"images can't be loaded into an existing cluster: push {', '.join(path.name for path in archives)} to a "
            "registry it pulls from, and name that registry in the chart's values"
        )
        raise ClusterError(message)

    def build_run_command(self, name: str, command: Sequence[str]) -> list[str]:
        """Return the command itself: an existing cluster is reached as its kubeconfig says."""
        del name
        return list(command)

    def build_logs_command(self, name: str, component: str | None) -> list[str]:
        del name, component
        message = "the logs of an existing cluster are its owner's: use kubectl logs"
        raise ClusterError(message)
