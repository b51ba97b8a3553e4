"""Runs a program that builds something, and tells the end of its output when it fails."""

import subprocess

from tools.localcluster.errors import ClusterError


def run_builder(command: list[str], purpose: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{purpose} failed: {done.stderr.strip()[-1500:]}"
        raise ClusterError(message)
