"""The operator as a real process, on free ports of its own, with its log in a file."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

from tests.support.waiting import find_free_port


class OperatorProcess:
    """Starts at once; `kill` is the death of a node, `stop` is what a kubelet does first."""

    def __init__(self, kubeconfig: str, namespace: str, log: Path, **settings: str) -> None:
        self.health_port, self.metrics_port = find_free_port(), find_free_port()
        prefix = "RESTAURANT_OPERATOR_"
        given = {f"{prefix}{name.upper()}": value for name, value in settings.items()}
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(prefix)},
            "KUBECONFIG": kubeconfig,
            f"{prefix}WATCH_NAMESPACE": namespace,
            f"{prefix}HEALTH_PORT": str(self.health_port),
            f"{prefix}METRICS_PORT": str(self.metrics_port),
            **given,
        }
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "restaurant_operator"], env=environment, stdout=output, stderr=output
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> tuple[int, float]:
        """Give the exit code and the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        return code, time.monotonic() - started

    def get_health(self) -> int:
        """Give the HTTP status; 0 while nobody listens."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.health_port}/healthz", timeout=5).status_code
        except httpx.TransportError:
            return 0

    def get_metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5).text
