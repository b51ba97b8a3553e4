"""The images: what each is made of. Pure data; nothing is built here."""

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REGISTRY = "restaurantstack.local"
"""A name that no registry has, so that nothing is ever pulled under it."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its Dockerfile, and the files and other images that decide its content."""

    name: str
    dockerfile: str
    sources: tuple[str, ...] = ()
    """Files and folders below the project's root."""
    base: str | None = None
    """Key of the image that BASE_IMAGE names, for those that have one."""
    version: str = "1"
    project: str | None = None
    """The Python project whose locked dependencies and code go into `/app`."""
    aliases: tuple[str, ...] = field(default=())
    """Suffixes of further tags for the same content."""


IMAGES = {
    "base": Image("base", "tools/images/base/Dockerfile", ("tools/images/debian.py",)),
    "pause": Image("pause", "tools/images/pause/Dockerfile"),
    "redis": Image("redis", "tools/images/redis/Dockerfile", base="base"),
    "postgres": Image(
        "postgres", "tools/images/postgres/Dockerfile", ("tools/images/postgres/entrypoint.sh",), base="base"
    ),
    "api": Image(
        "restaurant-api",
        "api/Dockerfile",
        ("api/src", "api/pyproject.toml", "requirements/api.txt"),
        base="base",
        version="0.1.0",
        project="api",
        # A second version with the same content: what a rollout looks like, without building twice.
        aliases=("next",),
    ),
    "operator": Image(
        "restaurant-operator",
        "operator/Dockerfile",
        ("operator/src", "operator/pyproject.toml", "requirements/operator.txt"),
        base="base",
        version="0.1.0",
        project="operator",
    ),
}
