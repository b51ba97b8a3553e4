"""The control group of a native cluster, on cgroup v1 and v2. Owns `<hierarchy>/restaurantstack-<name>` alone."""

import contextlib
import os
import signal
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PROGRAMS = "programs"
"""The child group of the cluster's own programs, beside the kubelet's `kubepods`."""


def list_hierarchies() -> list[Path]:
    """Return the mount points of the machine's cgroup hierarchies: one on v2, one per controller on v1."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return sorted(path for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink())


def enter_cgroup(name: str, pid: int) -> None:
    """Make the cluster's group in every hierarchy and move a process into it."""
    for hierarchy in list_hierarchies():
        programs = hierarchy / name / PROGRAMS
        programs.mkdir(parents=True, exist_ok=True)
        is_unified = (hierarchy / "cgroup.controllers").exists()
        if not is_unified and (hierarchy / name / "cpuset.cpus").exists():  # an empty set takes no process
            for group in (hierarchy / name, programs):
                for setting in ("cpuset.cpus", "cpuset.mems"):
                    if not (group / setting).read_text().strip():
                        (group / setting).write_text((group.parent / setting).read_text())
        (programs / "cgroup.procs").write_text(str(pid))
        if is_unified:
            _delegate_controllers(hierarchy, name)


def remove_cgroup(name: str) -> None:
    """Remove the cluster's group with its children; groups that still hold a process stay."""
    for group in reversed(_list_groups(name)):
        with contextlib.suppress(OSError):
            group.rmdir()


def kill_cgroup(name: str) -> None:
    """Kill whatever still runs in the cluster's group, pods included: for a cluster that lost its supervisor."""
    for group in _list_groups(name):
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def has_cgroup(name: str) -> bool:
    """Tell whether anything of the cluster's group is left."""
    return any((hierarchy / name).exists() for hierarchy in list_hierarchies())


def read_memory_bytes(name: str) -> int:
    """Return the anonymous memory of the whole cluster in bytes, pods included; page cache is not counted."""
    v1 = ROOT / "memory" / name / "memory.stat"
    v2 = ROOT / name / "memory.stat"
    for path, key in ((v1, "total_rss"), (v2, "anon")):
        if path.exists():
            return next(int(line.split()[1]) for line in path.read_text().splitlines() if line.split()[0] == key)
    return 0


def _list_groups(name: str) -> list[Path]:
    """Return the cluster's groups in every hierarchy, parents before their children."""
    tops = [hierarchy / name for hierarchy in list_hierarchies() if (hierarchy / name).exists()]
    return [group for top in tops for group in (top, *sorted(path for path in top.rglob("*") if path.is_dir()))]


def _delegate_controllers(hierarchy: Path, name: str) -> None:
    """Hand the cluster's group every controller that the machine offers to its top-level groups, one by one."""
    for controller in (hierarchy / "cgroup.subtree_control").read_text().split():
        with contextlib.suppress(OSError):  # one that can't be had is missed by the kubelet, which says so
            (hierarchy / name / "cgroup.subtree_control").write_text(f"+{controller}")
