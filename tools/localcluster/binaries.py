"""Builds the cluster's programs from their Go modules, once per version and machine.

Owns `modules/*` and the cache's `bin` folder. Each module pins its versions in go.mod and go.sum; a module's
programs are built together into a folder named after the hash of both files, so a new version never meets an old build.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.localcluster.errors import ClusterError
from tools.localcluster.locking import hold_lock
from tools.localcluster.paths import compute_cache_folder, require_free_space
from tools.localcluster.progress import show_step

MODULES = Path(__file__).parent / "modules"

SOURCE_SPACE_GIB = 8.0
"""What module sources, the compiler's cache and the binaries of all modules take, measured at 6.9 GiB."""

EXPECTED = {
    "kubernetes": "8 min",
    "coredns": "2 min",
    "helm": "2 min",
    "metrics-server": "2 min",
    "containerd": "1 min",
}
"""What a first build takes on two cores, for those that take long."""


@dataclass(frozen=True, slots=True)
class GoModule:
    """One module below `modules/` and the programs that its `tool` directives name."""

    name: str

    @property
    def folder(self) -> Path:
        return MODULES / self.name

    def read_packages(self) -> list[str]:
        """Return the import paths of the module's tools, as go.mod lists them."""
        text = (self.folder / "go.mod").read_text()
        block = re.search(r"^tool \(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL)
        lines = block[1].split() if block else re.findall(r"^tool (\S+)$", text, re.MULTILINE)
        if not lines:
            message = f"{self.folder / 'go.mod'} has no tool directive"
            raise ClusterError(message)
        return lines

    def compute_fingerprint(self) -> str:
        """Return a short hash of everything that decides the binaries, the linker's flags among it."""
        parts = [(self.folder / name).read_bytes() for name in ("go.mod", "go.sum")]
        return hashlib.sha256(b"\0".join([*parts, self.compute_linker_flags().encode()])).hexdigest()[:12]

    def compute_linker_flags(self) -> str:
        """Return `-ldflags`: small binaries, and for Kubernetes the version, which it would otherwise not know."""
        flags = ["-s", "-w"]
        found = re.search(r"k8s\.io/kubernetes v(\d+)\.(\d+)\.(\d+)", (self.folder / "go.mod").read_text())
        if found:
            prefix = "k8s.io/component-base/version."
            values = {"gitVersion": f"v{found[1]}.{found[2]}.{found[3]}", "gitMajor": found[1], "gitMinor": found[2]}
            flags += [f"-X {prefix}{key}={value}" for key, value in {**values, "gitTreeState": "clean"}.items()]
        return " ".join(flags)

    def compute_output(self) -> Path:
        return compute_cache_folder() / "bin" / f"{self.name}-{self.compute_fingerprint()}"


def build_module(name: str) -> Path:
    """Return the folder with the module's binaries, building them if this machine has not yet."""
    module = GoModule(name)
    output = module.compute_output()
    if output.is_dir():
        return output
    with hold_lock(output.parent / f"{name}.lock"):
        if not output.is_dir():  # another run may have built it while this one waited
            require_free_space(SOURCE_SPACE_GIB, f"building {name}")
            with show_step(f"build {name}", expected=EXPECTED.get(name, "")):
                _compile(module, output)
    return output


def find_binary(module: str, program: str) -> Path:
    """Return the path of one program, built when needed."""
    return build_module(module) / program


def _compile(module: GoModule, output: Path) -> None:
    go = shutil.which("go")
    if not go:
        message = "Go is needed to build the local cluster's programs: install Go 1.26 or newer from https://go.dev/dl"
        raise ClusterError(message)
    for left in output.parent.glob(f".{module.name}-*"):  # by a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"}
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{module.name}-") as scratch:
        target = Path(scratch) / "out"
        target.mkdir()
        command = [go, "build", "-trimpath", "-ldflags", module.compute_linker_flags(), "-o", f"{target}/"]
        done = subprocess.run(
            [*command, *module.read_packages()],
            cwd=module.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"building {module.name} failed: {done.stderr.strip()[-1500:]}"
            raise ClusterError(message)
        target.rename(output)


if __name__ == "__main__":
    try:
        print(find_binary(sys.argv[1], sys.argv[1]))
    except ClusterError as error:
        sys.exit(f"error: {error}")
