"""Names the system packages that the native provider needs; installs them where it may: root on Debian or Ubuntu."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.localcluster.errors import ClusterError
from tools.localcluster.locking import hold_lock
from tools.localcluster.paths import compute_cache_folder
from tools.localcluster.progress import show_step

FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/usr/lib/cni", "/usr/share/keyrings")
"""Where Debian puts what is asked for below; not all are on every PATH."""

POLICY = Path("/usr/sbin/policy-rc.d")

NODE_PACKAGES = {
    "runc": "runc",
    "containernetworking-plugins": "host-local",
    "nftables": "nft",
    "conntrack": "conntrack",
    "iproute2": "ip",
}
IMAGE_PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "debian-archive-keyring": "debian-archive-keyring.gpg",
    "buildah": "buildah",
    "catatonit": "catatonit",
}
# The servers that the tests start for themselves.
TEST_PACKAGES = {"redis-server": "redis-server", "postgresql": "initdb"}
"""Package to a file of it whose presence proves the package."""


def find_missing(packages: dict[str, str]) -> list[str]:
    """Return the packages whose file is nowhere to be found, in their order."""
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
        with _forbid_services():
            _run_apt(command)
    still = find_missing(packages)
    if still:
        message = f"{' '.join(command)} ended well, yet {', '.join(still)} did not appear"
        raise ClusterError(message)


def _is_present(program: str) -> bool:
    folders = (*map(Path, FOLDERS), *Path("/usr/lib/postgresql").glob("*/bin"))
    return bool(shutil.which(program)) or any((folder / program).exists() for folder in folders)


@contextmanager
def _forbid_services() -> Iterator[None]:
    """Keep Debian's packages from starting what they install (invoke-rc.d(8)): only the programs are wanted."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _run_apt(command: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    done = subprocess.run(
        [command[0], *options, *command[1:]], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"{' '.join(command)} failed: {done.stderr.strip()[-800:]}"
        raise ClusterError(message)


if __name__ == "__main__":
    try:
        require_packages(TEST_PACKAGES)
    except ClusterError as error:
        sys.exit(f"error: {error}")
