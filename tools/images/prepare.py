"""Puts together what the Dockerfiles copy: a Debian root, a static init, projects with their locked dependencies."""

import shutil
import subprocess
import sys
from pathlib import Path

from tools.images.definitions import ROOT, Image
from tools.localcluster.errors import ClusterError
from tools.localcluster.packages import IMAGE_PACKAGES, require_packages

DEBIAN_SUITE = "bookworm"
"""Its Python is 3.11, the version that the wheels in requirements/ are locked for."""

BASE_PACKAGES = "python3,ca-certificates,tzdata"
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")


def prepare_context(key: str, image: Image) -> None:
    """Fill `build/images/<key>`, which the image's Dockerfile copies from."""
    folder = ROOT / "build" / "images" / key
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if key == "base":
        _write_root_file_system(folder / "rootfs.tar")
    elif key == "pause":
        require_packages(IMAGE_PACKAGES)
        shutil.copy("/usr/bin/catatonit", folder / "catatonit")
    elif image.project:
        _install_project(image.project, folder / "site")


def _write_root_file_system(target: Path) -> None:
    require_packages(IMAGE_PACKAGES)
    options = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={BASE_PACKAGES}", *options]
    _run([*command, DEBIAN_SUITE, str(target)], "making the Debian base image")


def _install_project(project: str, target: Path) -> None:
    """Install from the hashed lock, then the project itself without looking for anything more."""
    uv = str(Path(sys.executable).parent / "uv")
    install = [uv, "pip", "install", "--quiet", "--link-mode=copy", "--compile-bytecode", "--python-version=3.11"]
    install += ["--target", str(target)]
    lock = ["--require-hashes", "--requirement", str(ROOT / "requirements" / f"{project}.txt")]
    _run([*install, *lock], f"installing the dependencies of {project}")
    _run([*install, "--no-deps", "--no-build-isolation", str(ROOT / project)], f"installing {project}")
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that name this machine's interpreter


def _run(command: list[str], purpose: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{purpose} failed: {done.stderr.strip()[-1500:]}"
        raise ClusterError(message)
