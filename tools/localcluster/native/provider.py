"""The native provider: builds what is missing, writes a cluster's folder, starts its supervisor, removes all of it."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.images.build import build_image, compute_tags
from tools.images.engines import Buildah
from tools.localcluster.binaries import build_module
from tools.localcluster.errors import ClusterError
from tools.localcluster.kubectl import run_kubectl
from tools.localcluster.locking import hold_lock
from tools.localcluster.native.cgroups import has_cgroup, kill_cgroup, read_memory_bytes, remove_cgroup
from tools.localcluster.native.components import select_modules
from tools.localcluster.native.files import NodeImages, write_configuration
from tools.localcluster.native.layout import NODE_NAME, Layout
from tools.localcluster.native.pki import write_pki
from tools.localcluster.packages import NODE_PACKAGES, require_packages
from tools.localcluster.paths import compute_cluster_folder, require_free_port, require_free_space
from tools.localcluster.progress import show_step
from tools.localcluster.spec import ClusterSpec, Level

SUPERVISOR = "tools.localcluster.native.supervisor"
ADDONS = Path(__file__).parent / "addons.yaml"
START_SECONDS = 60.0
STOP_SECONDS = 60.0
SPACE_GIB = 2.0
"""For a running cluster's images, data and logs."""


class NativeProvider:
    """Control plane and node as processes of this machine, in namespaces of their own. Needs root on Linux."""

    name = "native"

    def prepare(self, level: Level) -> None:
        _prepare(level)

    def up(self, spec: ClusterSpec, *, owner: int | None) -> None:
        binaries = _prepare(spec.level)
        fingerprint = spec.compute_fingerprint(_compute_source_hash() + json.dumps(binaries, sort_keys=True))
        layout = Layout(compute_cluster_folder(spec.name))
        with _hold_cluster(spec.name):
            if _is_running_as(layout, fingerprint):
                return
            _remove(layout)
            try:
                self._start(spec, layout, binaries, owner)
                _get_marker(layout).write_text(fingerprint)
            except BaseException:  # an interrupted start too leaves nothing running
                _keep_logs(layout)
                _remove(layout)
                raise

    def down(self, name: str) -> None:
        with _hold_cluster(name, remove=True):
            _remove(Layout(compute_cluster_folder(name)))

    def compute_status(self, name: str) -> dict[str, object]:
        layout = Layout(compute_cluster_folder(name))
        supervisors = _find_supervisors(layout)
        if not supervisors or not layout.config.exists():
            return {"running": False}
        config = json.loads(layout.config.read_text())
        return {
            "running": _is_api_ready(layout),
            "level": config["level"],
            "kubeconfig": str(layout.kubeconfig),
            "auditLog": str(layout.audit_log),
            "ports": {str(entry["host"]): entry["node"] for entry in config["ports"]},
            "memoryMiB": read_memory_bytes(layout.cgroup) // 2**20,
        }

    def find_kubeconfig(self, name: str) -> Path:
        layout = Layout(compute_cluster_folder(name))
        _require_running(layout)
        return layout.kubeconfig

    def load(self, name: str, archives: Sequence[Path]) -> None:
        loaded = compute_cluster_folder(name) / "loaded"
        if "containerd" not in self._read_binaries(name):
            message = f"cluster {name} runs no pods, so it takes no images: bring it up with --level node"
            raise ClusterError(message)
        for archive in archives:
            marker = loaded / archive.name  # an archive's name has its content's hash
            if marker.exists():
                continue
            with show_step(f"load {archive.name}"):
                self._import(name, archive)
            loaded.mkdir(exist_ok=True)
            marker.touch()

    def build_run_command(self, name: str, command: Sequence[str]) -> list[str]:
        return [*_build_enter_command(Layout(compute_cluster_folder(name))), *command]

    def build_logs_command(self, name: str, component: str | None) -> list[str]:
        folder = Layout(compute_cluster_folder(name)).logs
        logs = sorted(folder.glob(f"{component or '*'}.log"))
        if not logs:
            known = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "none"
            message = f"cluster {name} has no log {component or ''}: there are {known}"
            raise ClusterError(message)
        return ["tail", "-n", "+1", *(str(path) for path in logs if component or path.name != "audit.log")]

    def _start(self, spec: ClusterSpec, layout: Layout, binaries: dict[str, str], owner: int | None) -> None:
        for mapping in spec.ports:
            require_free_port(mapping.host)
        for folder in (layout.root, layout.logs, layout.data):
            folder.mkdir(parents=True)
        port = _find_free_port()
        ports = [{"host": mapping.host, "node": mapping.node} for mapping in spec.ports]
        config = {"level": spec.level, "owner": owner, "apiPort": port, "ports": ports, "binaries": binaries}
        images = NodeImages(pause=compute_tags("pause")[0], helper=compute_tags("base")[0])
        with show_step(f"start cluster {spec.name} (level {spec.level})"):
            write_pki(layout, forwarded_port=port)
            write_configuration(layout, {name: Path(folder) for name, folder in binaries.items()}, images)
            layout.config.write_text(json.dumps(config, indent=1))
            _start_supervisor(layout)
            _wait_until(lambda: _is_api_ready(layout), layout, "the API server to answer")
        if spec.level is Level.NODE:
            self._finish_node(spec.name, layout)

    def _finish_node(self, name: str, layout: Layout) -> None:
        engine = Buildah()
        with show_step("start node"):
            run_kubectl(layout.kubeconfig, "apply", "--server-side", "--filename", str(ADDONS))
            _wait_until(lambda: _has_node(layout), layout, "the node to register")
        self.load(name, [build_image("pause", engine), build_image("base", engine)])
        with show_step("node ready"):
            run_kubectl(layout.kubeconfig, "wait", "--for=condition=Ready", f"node/{NODE_NAME}", "--timeout=120s")

    def _read_binaries(self, name: str) -> dict[str, str]:
        layout = Layout(compute_cluster_folder(name))
        _require_running(layout)
        binaries: dict[str, str] = json.loads(layout.config.read_text())["binaries"]
        return binaries

    def _import(self, name: str, archive: Path) -> None:
        layout = Layout(compute_cluster_folder(name))
        ctr = [f"{self._read_binaries(name)['containerd']}/ctr", "--namespace=k8s.io", "images", "import"]
        _run([*_build_enter_command(layout), *ctr, str(archive)], f"loading {archive.name}")


def _prepare(level: Level) -> dict[str, str]:
    """Build what the level needs; return the folder of each module's binaries."""
    if os.geteuid():
        message = "the native cluster makes namespaces and control groups: run as root, or start Docker and use kind"
        raise ClusterError(message)
    require_free_space(SPACE_GIB, "running a cluster")
    require_packages(NODE_PACKAGES if level is Level.NODE else {"iproute2": "ip"})
    binaries = {module: str(build_module(module)) for module in select_modules(level)}
    if level is Level.NODE:
        for key in ("pause", "base"):
            build_image(key, Buildah())
    return binaries


def _hold_cluster(name: str, *, remove: bool = False) -> contextlib.AbstractContextManager[None]:
    return hold_lock(compute_cluster_folder(name).with_suffix(".lock"), remove=remove)


def _compute_source_hash() -> str:
    """Return a hash of this package's own files: a changed flag means another cluster."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _find_supervisors(layout: Layout) -> list[int]:
    """Return the process ids of the cluster's supervisor, found by command line: no file can be stale."""
    wanted = [SUPERVISOR.encode(), str(layout.root).encode()]
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if words[2:4] == wanted:
                    found.append(int(entry.name))
    return found


def _start_supervisor(layout: Layout) -> None:
    """Start it as nobody's child: it outlives this process, and leaves no zombie to it."""
    with (layout.logs / "supervisor.log").open("ab") as log:
        subprocess.run(
            ["setsid", "--fork", sys.executable, "-m", SUPERVISOR, str(layout.root)],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )
    _wait_for_supervisor(layout)


def _wait_for_supervisor(layout: Layout) -> None:
    """Wait for what was forked to be the supervisor, by the command line that it is known by."""
    deadline = time.monotonic() + START_SECONDS
    while not _find_supervisors(layout) and time.monotonic() < deadline:
        time.sleep(0.01)


def _remove(layout: Layout) -> None:
    """End the cluster and remove its folder and control group; the kernel drops its mounts and network with it."""
    for pid in _find_supervisors(layout):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while pids := _find_supervisors(layout):
        if time.monotonic() > deadline:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    while has_cgroup(layout.cgroup):
        kill_cgroup(layout.cgroup)
        remove_cgroup(layout.cgroup)
        if time.monotonic() > deadline:
            message = f"control group {layout.cgroup} still holds processes: see cgroup.procs below /sys/fs/cgroup"
            raise ClusterError(message)
        time.sleep(0.02)
    shutil.rmtree(layout.root, ignore_errors=True)


def _keep_logs(layout: Layout) -> None:
    """Keep the logs of a failed start beside the cluster's folder, until the next failure."""
    if layout.logs.exists():
        kept = layout.root.with_name(f"{layout.root.name}.failed-logs")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(layout.logs, kept, ignore_dangling_symlinks=True)


def _get_marker(layout: Layout) -> Path:
    """Return the file that tells a finished start from one that was killed on its way."""
    return layout.root / "complete"


def _is_running_as(layout: Layout, fingerprint: str) -> bool:
    marker = _get_marker(layout)
    return marker.exists() and marker.read_text() == fingerprint and _is_api_ready(layout)


def _is_api_ready(layout: Layout) -> bool:
    return run_kubectl(layout.kubeconfig, "get", "--raw", "/readyz", check=False).stdout == "ok"


def _has_node(layout: Layout) -> bool:
    return NODE_NAME in run_kubectl(layout.kubeconfig, "get", "nodes", "--output=name", check=False).stdout


def _wait_until(condition: Callable[[], bool], layout: Layout, what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if not _find_supervisors(layout) or time.monotonic() > deadline:
            message = f"waited in vain for {what}; the logs are in {layout.root}.failed-logs"
            raise ClusterError(message)
        time.sleep(0.1)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_running(layout: Layout) -> None:
    if not _find_supervisors(layout):
        message = f"cluster {layout.root.name} is not running: bring it up first"
        raise ClusterError(message)


def _build_enter_command(layout: Layout) -> list[str]:
    """Return the words that run a command in the cluster's namespaces."""
    for pid in _find_supervisors(layout):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            grandchildren = Path(f"/proc/{child}/task/{child}/children").read_text().split()
            if grandchildren:
                return ["nsenter", f"--target={grandchildren[0]}", "--net", "--mount", "--pid", "--"]
    message = f"cluster {layout.root.name} is not running: bring it up first"
    raise ClusterError(message)


def _run(command: list[str], purpose: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{purpose} failed: {done.stderr.strip()[-800:]}"
        raise ClusterError(message)
