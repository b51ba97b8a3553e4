"""What the three providers have in common: the interface, and the choice among them."""

import contextlib
import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tools.localcluster.errors import ClusterError
from tools.localcluster.spec import ClusterSpec, Level

PROVIDER_VARIABLE = "RESTAURANT_CLUSTER"
ENGINE_SECONDS = 30


class Provider(Protocol):
    """A way to have a cluster. Every method is idempotent and raises ClusterError with a sentence to act on."""

    name: str

    def prepare(self, level: Level) -> None:
        """Build and install what a cluster of that level needs, so that `up` is quick."""

    def up(self, spec: ClusterSpec, *, owner: int | None) -> None:
        """Bring the cluster up, or leave it alone when it runs as the spec says.

        The cluster ends by itself when the process `owner` ends, where the provider can do that.
        """

    def down(self, name: str) -> None:
        """Remove the cluster and everything it left, whatever state it is in."""

    def compute_status(self, name: str) -> dict[str, object]:
        """Return what is known of the cluster; `running` is always there."""

    def find_kubeconfig(self, name: str) -> Path:
        """Return the kubeconfig of a running cluster."""

    def load(self, name: str, archives: Sequence[Path]) -> None:
        """Put image archives (docker-archive tar files) where the cluster's nodes find them."""

    def build_run_command(self, name: str, command: Sequence[str]) -> list[str]:
        """Return the command that runs another one inside the cluster's network."""

    def build_logs_command(self, name: str, component: str | None) -> list[str]:
        """Return the command that prints a component's log, or all logs."""


@functools.cache
def find_container_engine() -> str | None:
    """Return `docker` or `podman`, whichever answers and not merely has its client installed; None without one."""
    for program in ("docker", "podman"):
        if shutil.which(program):
            with contextlib.suppress(subprocess.TimeoutExpired):
                done = subprocess.run([program, "info"], capture_output=True, timeout=ENGINE_SECONDS, check=False)
                if done.returncode == 0:
                    return program
    return None


def choose_provider_name() -> str:
    """Return the provider's name: the one asked for by variable, else kind, else native, else raise ClusterError."""
    chosen = os.environ.get(PROVIDER_VARIABLE, "")
    if chosen in {"existing", "kind", "native"}:
        return chosen
    if chosen:
        message = f"{PROVIDER_VARIABLE}={chosen!r} is no provider: write existing, kind or native, or unset it"
        raise ClusterError(message)
    if find_container_engine():
        return "kind"
    if os.uname().sysname == "Linux" and os.geteuid() == 0:
        return "native"
    message = (
        "no cluster can be run here: start Docker or Podman for kind, run as root on Linux for the native provider, "
        f"or set KUBECONFIG and {PROVIDER_VARIABLE}=existing"
    )
    raise ClusterError(message)
