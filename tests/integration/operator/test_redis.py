"""The managed Redis' own command line and startup probe, run with a real redis-server outside any cluster."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from restaurant_operator.crd.stack import Manifest
from restaurant_operator.desired.index import build
from tests.support.operator.driving import PLATFORM
from tests.support.operator.stacks import build_stack
from tests.support.waiting import find_free_port, wait_until


class RedisPod:
    """Port and folder are the test's; everything else is as declared."""

    def __init__(self, folder: Path) -> None:
        (container,) = build(build_stack(), PLATFORM).base[-1]["spec"]["template"]["spec"]["containers"]
        self.container: Manifest = container
        self.folder = folder
        self.port = str(find_free_port())

    def translate(self, words: list[str]) -> list[str]:
        return [word.replace("6379", self.port).replace("/data", str(self.folder)) for word in words]

    def ask(self, *words: str) -> str:
        command = ["redis-cli", "-p", self.port, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def has_started(self) -> bool:
        probe = self.translate(self.container["startupProbe"]["exec"]["command"])
        return subprocess.run(probe, check=False, capture_output=True).returncode == 0

    @contextmanager
    def run(self, end: signal.Signals) -> Iterator[Callable[..., str]]:
        words = self.translate([*self.container["command"], *self.container["args"], "--bind", "127.0.0.1"])
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            try:
                wait_until(self.has_started)
                yield self.ask
                process.send_signal(end)
                process.wait(timeout=10)
            finally:
                process.kill()


@pytest.fixture
def pod(tmp_path: Path) -> RedisPod:
    return RedisPod(tmp_path)


def test_planned_restart_is_warm(pod: RedisPod) -> None:
    with pod.run(signal.SIGTERM) as ask:
        ask("set", "menu", "new")
    with pod.run(signal.SIGTERM) as ask:
        assert ask("get", "menu") == "new"


def test_crash_never_brings_an_older_state_back(pod: RedisPod) -> None:
    with pod.run(signal.SIGTERM) as ask:
        ask("set", "menu", "old")
    with pod.run(signal.SIGKILL) as ask:
        ask("set", "menu", "new")
    with pod.run(signal.SIGKILL) as ask:
        assert ask("get", "menu") == ""
