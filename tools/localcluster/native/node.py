"""Process 1 of a native cluster: prepares its namespaces and keeps its programs running. The kernel ends them with it.

Runs only inside the namespaces that `supervisor` made, as `python -m tools.localcluster.native.node FOLDER`. It may
write below the cluster's folder and to the namespaces' own mounts and network; never to the host's.
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from tools.localcluster.native.cgroups import enter_cgroup
from tools.localcluster.native.components import (
    NETWORK_COMMANDS,
    NETWORK_SETTINGS,
    Component,
    build_api_server,
    build_controllers,
    build_storage,
)
from tools.localcluster.native.layout import API_PORT, NODE_ADDRESS, Layout
from tools.localcluster.spec import Level

REAP_SECONDS = 0.1
RESTART_DELAY_SECONDS = 1.0
START_SECONDS = 120.0

KUBELET_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What the kubelet insists on (kubernetes/pkg/util/sysctl)."""


def prepare_mounts(layout: Layout) -> None:
    """Give the cluster a /proc, /run and /var of its own; what is written there never reaches the host."""
    _run("mount", "--make-rshared", "/")  # the kubelet's mount propagation, within this mount namespace
    _run("mount", "-t", "proc", "proc", "/proc")
    # Kernel settings are the machine's, except those of the network namespace.
    _run("mount", "--bind", "/proc/sys", "/proc/sys")
    _run("mount", "--bind", "/proc/sys/net", "/proc/sys/net")
    _run("mount", "-o", "remount,ro,bind", "/proc/sys")
    _show_kernel_settings(layout)
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for name in ("upper", "work"):
        (layout.data / "var" / name).mkdir(parents=True)
    options = f"lowerdir=/var,upperdir={layout.data}/var/upper,workdir={layout.data}/var/work"
    _run("mount", "-t", "overlay", "-o", options, "overlay", "/var")


def _show_kernel_settings(layout: Layout) -> None:
    """Let the kubelet read the settings that it would otherwise write to the whole machine's kernel."""
    for name, value in KUBELET_SETTINGS.items():
        setting = Path("/proc/sys") / name
        if setting.exists():
            shown = layout.data / name.replace("/", "-")
            shown.write_text(value)
            _run("mount", "--bind", str(shown), str(setting))


def prepare_network() -> None:
    """Bring up the loopback and the node's address. There is no route out of this namespace."""
    for command in NETWORK_COMMANDS:
        _run(*command)
    for name, value in NETWORK_SETTINGS.items():
        (Path("/proc/sys") / name).write_text(value)


class Node:
    """The running programs."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.running: dict[int, Component] = {}

    def start(self, component: Component) -> None:
        """Start a program with its output in a log file of its name."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.layout.data)}
        log = str(self.layout.logs / f"{component.name}.log")
        outputs = [(os.POSIX_SPAWN_OPEN, fd, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) for fd in (1, 2)]
        silence = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        pid = os.posix_spawn(component.command[0], component.command, environment, file_actions=[silence, *outputs])
        self.running[pid] = component

    def reap(self) -> None:
        """Collect every ended process: orphans of containers too, as process 1 must; start programs again."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            component = self.running.pop(pid, None)
            if component:
                self.log(f"{component.name} ended with {os.waitstatus_to_exitcode(status)}, starts again")
                time.sleep(RESTART_DELAY_SECONDS)
                self.start(component)

    def run(self) -> None:
        """Reap and restart for ever: there is nothing to stop in order, as the cluster's data ends with it."""
        while True:
            self.reap()
            time.sleep(REAP_SECONDS)

    def wait_for_api_server(self) -> None:
        """Return when the API server is ready; keeps reaping meanwhile."""
        context = ssl.create_default_context(cafile=str(self.layout.pki / "ca.crt"))
        context.load_cert_chain(self.layout.pki / "admin.crt", self.layout.pki / "admin.key")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"https://{NODE_ADDRESS}:{API_PORT}/readyz", context=context, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                self.reap()
                time.sleep(0.1)
        self.log("the API server did not become ready")

    def log(self, line: str) -> None:
        with (self.layout.logs / "node.log").open("a") as file:
            file.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def start_programs(node: Node, components: Iterable[Component]) -> None:
    """Start programs in order."""
    for component in components:
        node.start(component)


def main() -> None:
    """Run the cluster whose folder is the first argument."""
    layout = Layout(Path(sys.argv[1]))
    config = json.loads(layout.config.read_text())
    binaries = {name: Path(folder) for name, folder in config["binaries"].items()}
    level = Level(config["level"])
    enter_cgroup(layout.cgroup, os.getpid())
    prepare_mounts(layout)
    prepare_network()
    node = Node(layout)
    start_programs(node, [build_storage(layout, binaries), build_api_server(layout, binaries)])
    node.wait_for_api_server()
    start_programs(node, build_controllers(layout, binaries, level))
    node.run()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
