"""Puts together what the Dockerfiles copy: a Debian root, a static init, projects with their locked dependencies."""

import platform
import shutil
import sys
from pathlib import Path

from tools.images.debian import write_root_file_system
from tools.images.definitions import ROOT, Image
from tools.images.running import run_builder
from tools.localcluster.packages import IMAGE_PACKAGES, require_packages

PROCESSORS = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
"""This machine's processor, as Python names it, to that of the images: Linux, whatever runs here."""


def prepare_context(key: str, image: Image) -> None:
    """Fill `build/images/<key>`, which the image's Dockerfile copies from."""
    folder = ROOT / "build" / "images" / key
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if key == "base":
        write_root_file_system(folder / "rootfs.tar")
    elif key == "pause":
        require_packages(IMAGE_PACKAGES)
        shutil.copy("/usr/bin/catatonit", folder / "catatonit")
    elif image.project:
        _install_project(image.project, folder / "site")


def _install_project(project: str, target: Path) -> None:
    """Install from the hashed lock, then the project itself without looking for anything more."""
    uv = str(Path(sys.executable).parent / "uv")
    install = [uv, "pip", "install", "--quiet", "--link-mode=copy", "--compile-bytecode", "--python-version=3.11"]
    install += ["--python-platform", f"{PROCESSORS[platform.machine()]}-unknown-linux-gnu", "--target", str(target)]
    lock = ["--require-hashes", "--requirement", str(ROOT / "requirements" / f"{project}.txt")]
    run_builder([*install, *lock], f"installing the dependencies of {project}")
    run_builder([*install, "--no-deps", "--no-build-isolation", str(ROOT / project)], f"installing {project}")
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that name this machine's interpreter
