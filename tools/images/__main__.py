"""`python -m tools.images build NAME...` prints the archives' paths; `tag NAME` prints an image's full name."""

import sys

import click

from tools.images.build import build_image, choose_engine, compute_tags
from tools.images.definitions import IMAGES
from tools.localcluster.errors import ClusterError

NAMES = click.argument("names", nargs=-1, required=True, type=click.Choice(list(IMAGES)))


@click.group()
def main() -> None:
    """Build and name the images of the demo and the tests."""


@main.command()
@NAMES
def build(names: tuple[str, ...]) -> None:
    """Build images that are not in the cache yet; print the path of each archive."""
    engine = choose_engine()
    for name in names:
        click.echo(build_image(name, engine))


@main.command()
@NAMES
def tag(names: tuple[str, ...]) -> None:
    """Print the full name of each image's present content."""
    for name in names:
        click.echo(compute_tags(name)[0])


if __name__ == "__main__":
    try:
        main()
    except ClusterError as error:
        sys.exit(f"error: {error}")
