"""Builds images once per content and keeps them as archives.

The content's hash is in the tag, so nothing stale is ever run.
"""

import functools
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.images.definitions import IMAGES, REGISTRY, ROOT, Image
from tools.images.engines import Buildah, ContainerEngine, Engine
from tools.images.prepare import prepare_context
from tools.localcluster.locking import hold_lock
from tools.localcluster.paths import compute_cache_folder, require_free_space
from tools.localcluster.progress import show_step
from tools.localcluster.provider import choose_provider_name, find_container_engine

EXPECTED = {"base": "2 min", "api": "20 s", "operator": "20 s", "redis": "15 s", "postgres": "30 s"}
SPACE_GIB = 3.0


def choose_engine() -> Engine:
    """Return the builder that fits the cluster: buildah for the native one, else Docker or Podman."""
    program = find_container_engine()
    return ContainerEngine(program) if program and choose_provider_name() != "native" else Buildah()


@functools.cache
def compute_content_hash(key: str) -> str:
    """Return a short hash of everything that decides an image's content, its base image included."""
    image = IMAGES[key]
    digest = hashlib.sha256()
    for path in _list_sources(image):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    if image.base:
        digest.update(compute_content_hash(image.base).encode())
    return digest.hexdigest()[:8]


def compute_version(key: str) -> str:
    """Return the tag: the version, and the content's hash so that changed code is a new version."""
    return f"{IMAGES[key].version}-{compute_content_hash(key)}"


def compute_tags(key: str) -> list[str]:
    """Return the image's names, the plain one first."""
    image = IMAGES[key]
    first = f"{REGISTRY}/{image.name}:{compute_version(key)}"
    return [first, *(f"{first}-{alias}" for alias in image.aliases)]


def build_image(key: str, engine: Engine) -> Path:
    """Return the archive of an image, building it and its base when this machine has not yet."""
    image = IMAGES[key]
    folder = compute_cache_folder() / "images"
    archive = folder / f"{image.name}-{compute_version(key)}.tar"
    if archive.exists():
        return archive
    base = _build_base(image, engine)
    with hold_lock(folder / f"{image.name}.lock"):
        if archive.exists():
            return archive
        require_free_space(SPACE_GIB, f"building the {key} image")
        scratch = archive.with_suffix(".part")
        with show_step(f"image {key}", expected=EXPECTED.get(key, "")):
            prepare_context(key, image)
            engine.build(image.dockerfile, compute_tags(key), base, scratch)
        shutil.rmtree(ROOT / "build" / "images" / key, ignore_errors=True)
        _forget_older(folder, image.name)
        scratch.rename(archive)
    return archive


def _build_base(image: Image, engine: Engine) -> str | None:
    """Return the name for BASE_IMAGE, or None where the Dockerfile's default can be pulled."""
    if not image.base or (engine.public_base and image.project):
        return None
    build_image(image.base, engine)
    return compute_tags(image.base)[0]


def _forget_older(folder: Path, name: str) -> None:
    """Keep the last few archives of an image: older content is a rebuild away."""
    archives = sorted(folder.glob(f"{name}-[0-9]*.tar"), key=lambda path: path.stat().st_mtime)
    for archive in archives[:-3]:
        archive.unlink()


def _list_sources(image: Image) -> Iterator[Path]:
    for source in (image.dockerfile, *image.sources):
        path = ROOT / source
        files = [path] if path.is_file() else path.rglob("*")
        yield from sorted(file for file in files if file.is_file() and "__pycache__" not in file.parts)
