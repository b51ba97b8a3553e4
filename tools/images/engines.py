"""Two programs that build from a Dockerfile and write an archive: a container engine, or buildah without one."""

import json
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Protocol

from tools.images.definitions import ROOT
from tools.images.running import run_builder
from tools.localcluster.packages import IMAGE_PACKAGES, require_packages
from tools.localcluster.paths import compute_cache_folder


class Engine(Protocol):
    """Builds one image and writes it as a docker-archive with all its tags."""

    public_base: bool
    """Whether public base images can be pulled, so that no Debian root has to be made."""

    def build(self, dockerfile: str, tags: list[str], base: str | None, archive: Path) -> None:
        """Build and write `archive`; raises ClusterError with the end of the builder's output."""


class ContainerEngine:
    """Docker or Podman, whichever answers."""

    public_base = True

    def __init__(self, program: str) -> None:
        self.program = program

    def build(self, dockerfile: str, tags: list[str], base: str | None, archive: Path) -> None:
        names = [word for tag in tags for word in ("--tag", tag)]
        arguments = ["--build-arg", f"BASE_IMAGE={base}"] if base else []
        run_builder(
            [self.program, "build", "--file", str(ROOT / dockerfile), *names, *arguments, str(ROOT)],
            f"building {dockerfile}",
        )
        run_builder([self.program, "save", "--output", str(archive), *tags], f"building {dockerfile}")


class Buildah:
    """buildah with chroot isolation and its storage in the cache: needs root, but no engine and no cgroups."""

    public_base = False

    def __init__(self) -> None:
        require_packages(IMAGE_PACKAGES)
        storage = compute_cache_folder() / "buildah"
        # A mount namespace of its own, so that the storage driver's mounts end with the command.
        self.command = ["unshare", "--mount", "--propagation=private", "buildah", "--storage-driver=overlay"]
        self.command += [f"--root={storage}/root", f"--runroot={storage}/run"]

    def build(self, dockerfile: str, tags: list[str], base: str | None, archive: Path) -> None:
        arguments = [f"--build-arg=BASE_IMAGE={base}"] if base else []
        options = ["--isolation=chroot", "--pull-never", f"--file={ROOT / dockerfile}", f"--tag={tags[0]}"]
        run_builder([*self.command, "bud", *options, *arguments, str(ROOT)], f"building {dockerfile}")
        single = archive.with_suffix(".single")
        run_builder([*self.command, "push", tags[0], f"docker-archive:{single}:{tags[0]}"], f"building {dockerfile}")
        write_tags(single, archive, tags)
        single.unlink()


def write_tags(source: Path, target: Path, tags: list[str]) -> None:
    """Copy a docker-archive with its manifest naming these tags: buildah writes only one."""
    with tarfile.open(source) as reader, tarfile.open(target, "w") as writer:
        for member in reader:
            if member.name == "repositories":
                continue
            file = reader.extractfile(member) if member.isfile() else None
            if member.name == "manifest.json" and file:
                content = json.load(file)
                content[0]["RepoTags"] = tags
                text = json.dumps(content).encode()
                member.size = len(text)
                file = BytesIO(text)
            writer.addfile(member, file)
