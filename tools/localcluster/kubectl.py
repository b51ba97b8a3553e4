"""Runs kubectl, the one that the development environment brings, against a given kubeconfig."""

import subprocess
import sys
from pathlib import Path

from tools.localcluster.errors import ClusterError

KUBECTL = Path(sys.executable).parent / "kubectl"


def run_kubectl(
    kubeconfig: Path, *words: str, standard_input: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run kubectl and return its output; when it fails and `check` is on, raise ClusterError with what it said."""
    command = [str(KUBECTL), f"--kubeconfig={kubeconfig}", *words]
    done = subprocess.run(command, input=standard_input, capture_output=True, text=True, check=False)
    if check and done.returncode:
        message = f"kubectl {' '.join(words[:6])}: {done.stderr.strip()[-800:]}"
        raise ClusterError(message)
    return done
