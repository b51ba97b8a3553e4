"""The native provider on this machine: nothing leaks, nothing is left, whatever happens to it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tools.localcluster.choose import choose_provider
from tools.localcluster.kubectl import run_kubectl
from tools.localcluster.native.cgroups import has_cgroup
from tools.localcluster.native.layout import Layout
from tools.localcluster.native.node import KUBELET_SETTINGS
from tools.localcluster.paths import compute_cluster_folder

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "tools.localcluster"]

pytestmark = pytest.mark.skipif(
    choose_provider().name != "native", reason="clusters are run by a container engine here, which has tests of its own"
)


def call(*words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def read_machine_state() -> dict[str, str]:
    """What a cluster could leave behind on the host."""
    commands = {
        "links": ["ip", "-brief", "link"],
        "addresses": ["ip", "-brief", "address"],
        "routes": ["ip", "route", "show", "table", "all"],
        "namespaces": ["ip", "netns", "list"],
        "rules": ["nft", "list", "ruleset"],
        "mounts": ["cat", "/proc/self/mounts"],
        "settings": ["cat", *(f"/proc/sys/{name}" for name in (*KUBELET_SETTINGS, "net/ipv4/ip_forward"))],
    }
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    return {
        name: subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        for name, command in commands.items()
    }


def list_processes(name: str) -> list[str]:
    """Command lines that name the cluster's folder, as all of its programs do."""
    folder = f"{compute_cluster_folder(name)}/"
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if folder in line or line.strip().endswith(folder.rstrip("/")):
                lines.append(line)
    return lines


def is_gone(name: str) -> bool:
    return not list_processes(name) and not has_cgroup(Layout(compute_cluster_folder(name)).cgroup)


@pytest.fixture
def name() -> Iterator[str]:
    name = f"throwaway-{os.getpid()}"
    yield name
    assert call("down", "--name", name).returncode == 0


@pytest.mark.parametrize("level", ["api", "node"])
def test_a_cluster_leaves_the_machine_as_it_was(name: str, level: str) -> None:
    before = read_machine_state()

    up = call("up", "--name", name, "--level", level)
    assert up.returncode == 0, up.stderr
    during = read_machine_state()
    down = call("down", "--name", name)

    assert down.returncode == 0, down.stderr
    assert during == before
    assert read_machine_state() == before
    assert is_gone(name)
    assert not compute_cluster_folder(name).exists()


def test_no_packet_of_the_clusters_ranges_can_leave_it(name: str) -> None:
    assert call("up", "--name", name, "--level", "node").returncode == 0

    links = call("run", "--name", name, "--", "ip", "-brief", "link").stdout
    outside = call("run", "--name", name, "--", "ip", "route", "get", "192.0.2.1")

    # Each link's other end is in the same namespace: an interface index of another one would be shown as `@if`.
    assert {line.split()[0] for line in links.splitlines()} == {"lo", "node0@node0peer", "node0peer@node0"}
    assert outside.returncode != 0
    assert "unreachable" in outside.stderr


def test_a_second_up_leaves_a_running_cluster_alone(name: str) -> None:
    assert call("up", "--name", name, "--level", "api").returncode == 0
    before = list_processes(name)

    again = call("up", "--name", name, "--level", "api")

    assert again.returncode == 0
    assert again.stderr == ""
    assert list_processes(name) == before


def test_clusters_run_side_by_side(name: str, kubeconfig: str) -> None:
    assert call("up", "--name", name, "--level", "api").returncode == 0
    other = Path(call("kubeconfig", "--name", name).stdout.strip())

    run_kubectl(other, "create", "namespace", "only-here")

    assert run_kubectl(other, "get", "namespace", "only-here", check=False).returncode == 0
    assert run_kubectl(Path(kubeconfig), "get", "namespace", "only-here", check=False).returncode != 0


def test_a_cluster_ends_with_its_killed_owner(name: str) -> None:
    owner = subprocess.Popen(["sleep", "600"])
    assert call("up", "--name", name, "--level", "api", "--owner", str(owner.pid)).returncode == 0

    owner.kill()
    owner.wait()

    wait_until(lambda: is_gone(name) and not compute_cluster_folder(name).exists(), seconds=40)


@pytest.mark.parametrize("level", ["api", "node"])
def test_a_killed_supervisor_takes_everything_with_it(name: str, level: str) -> None:
    assert call("up", "--name", name, "--level", level).returncode == 0
    supervisor = subprocess.run(
        ["pgrep", "-f", f"native.supervisor {compute_cluster_folder(name)}$"],
        capture_output=True,
        text=True,
        check=True,
    )

    os.kill(int(supervisor.stdout), signal.SIGKILL)

    wait_until(lambda: not list_processes(name), seconds=10)
    assert call("down", "--name", name).returncode == 0
    assert is_gone(name)


def test_a_killed_start_is_finished_by_the_next_one(name: str) -> None:
    with subprocess.Popen(
        [*COMMAND, "up", "--name", name, "--level", "api"], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as up:
        wait_until(lambda: bool(list_processes(name)), seconds=20)
        up.kill()

    again = call("up", "--name", name, "--level", "api")

    assert again.returncode == 0, again.stderr
    status = call("status", "--name", name)
    assert status.returncode == 0
    assert '"running": true' in status.stdout


def test_a_port_in_use_is_one_clear_line_and_nothing_is_left(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        up = call("up", "--name", name, "--level", "api", "--port", f"{port}:30080")

    assert up.returncode == 1
    assert up.stderr.strip().splitlines()[-1].startswith(f"error: port {port} on 127.0.0.1 is in use")
    assert is_gone(name)
    assert not compute_cluster_folder(name).exists()


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    small = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        small,
        str(tmp_path),
        *COMMAND,
        "up",
        "--name",
        "full",
        "--level",
        "api",
    ]
    environment = os.environ | {"RESTAURANT_CACHE": str(tmp_path / "cache")}

    up = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert up.returncode == 1
    assert len(up.stderr.strip().splitlines()) == 1
    assert up.stderr.startswith("error: ")
    assert "GiB free" in up.stderr


@pytest.mark.parametrize("verb", ["up", "down", "status", "kubeconfig"])
@pytest.mark.parametrize("wrong", ["", "../images", "A"])
def test_a_wrong_name_is_refused_before_anything_is_done(verb: str, wrong: str) -> None:
    refused = call(verb, "--name", wrong)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: cluster name")
    assert (compute_cluster_folder("x").parent).is_dir()


def test_images_are_refused_where_no_pods_run(name: str, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    archive.touch()
    assert "is not running" in call("load", "--name", name, str(archive)).stderr
    assert call("up", "--name", name, "--level", "api").returncode == 0
    assert "bring it up with --level node" in call("load", "--name", name, str(archive)).stderr


def test_without_root_and_docker_the_error_says_what_to_do() -> None:
    # The modules are imported first: this machine's Python may be where nobody else can read it.
    script = (
        "import os, sys; from tools.localcluster.__main__ import run_command_line; os.setuid(65534); run_command_line()"
    )
    environment = {"PATH": "/nonexistent", "HOME": "/nonexistent"}

    up = subprocess.run(
        [sys.executable, "-c", script, "up"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert up.returncode == 1
    assert up.stderr.startswith("error: no cluster can be run here: start Docker or Podman")
