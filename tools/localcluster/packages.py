"""Names the system packages that the native provider needs; installs them where it may: root on Debian or Ubuntu."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.localcluster.errors import ClusterError
from tools.localcluster.locking import hold_lock
from tools.localcluster.paths import compute_cache_folder
from tools.localcluster.progress import show_step

BINARY_FOLDERS = (Path("/usr/sbin"), Path("/sbin"), Path("/usr/bin"), Path("/usr/lib/cni"))
"""Where Debian puts what is asked for below; not all are on every PATH."""

NODE_PACKAGES = {
    "runc": "runc",
    "containernetworking-plugins": "bridge",
    "nftables": "nft",
    "conntrack": "conntrack",
    "iproute2": "ip",
}
IMAGE_PACKAGES = {"mmdebstrap": "mmdebstrap", "buildah": "buildah", "catatonit": "catatonit"}
TEST_PACKAGES = {"redis-server": "redis-server", "postgresql": "initdb"}
"""Package to a program of it whose presence proves the package."""


def find_missing(packages: dict[str, str]) -> list[str]:
    """Return the packages whose program is nowhere to be found, in their order."""
    return [package for package, program in packages.items() if not _is_present(program)]


def require_packages(packages: dict[str, str]) -> None:
    """Make the packages present, or raise ClusterError with the command that does it."""
    missing = find_missing(packages)
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() or not shutil.which("apt-get"):
        message = f"system packages are missing; on Debian or Ubuntu: sudo {' '.join(command)}"
        raise ClusterError(message)
    with hold_lock(compute_cache_folder() / "apt.lock"), show_step(f"install {' '.join(missing)}", expected="1 min"):
        _run_apt(["apt-get", "update"])
        _run_apt(command)
    still = find_missing(packages)
    if still:
        message = f"{' '.join(command)} ended well, yet {', '.join(still)} did not appear"
        raise ClusterError(message)


def _is_present(program: str) -> bool:
    folders = (*BINARY_FOLDERS, *Path("/usr/lib/postgresql").glob("*/bin"))
    return bool(shutil.which(program)) or any((folder / program).exists() for folder in folders)


def _run_apt(command: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    done = subprocess.run(
        [command[0], *options, *command[1:]], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"{' '.join(command)} failed: {done.stderr.strip()[-800:]}"
        raise ClusterError(message)
