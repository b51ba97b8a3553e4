"""The Debian root of the local images. It decides their content, so it is a module of its own."""

from pathlib import Path

from tools.images.running import run_builder
from tools.localcluster.packages import IMAGE_PACKAGES, require_packages

DEBIAN_SUITE = "bookworm"
"""Its Python is 3.11, the version that the wheels in requirements/ are locked for."""

BASE_PACKAGES = "python3,ca-certificates,tzdata"
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")


def write_root_file_system(target: Path) -> None:
    require_packages(IMAGE_PACKAGES)
    options = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={BASE_PACKAGES}", *options]
    run_builder([*command, DEBIAN_SUITE, str(target)], "making the Debian base image")
