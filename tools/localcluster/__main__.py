"""`python -m tools.localcluster VERB`: a real cluster from one command line, whichever provider runs it."""

import json
import os
import sys
from pathlib import Path

import click

from tools.localcluster.choose import choose_provider
from tools.localcluster.errors import ClusterError
from tools.localcluster.spec import ClusterSpec, Level, PortMapping

LEVEL = click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.NODE.value,
    show_default=True,
    help="How much runs.",
)


def check_name(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """Refuse a name that is no name before anything is done to the folder that it would lead to."""
    return ClusterSpec(name, Level.API).name


NAME = click.option(
    "--name", default="demo", show_default=True, callback=check_name, help="Which cluster; several run side by side."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A real Kubernetes cluster: kind where Docker works, plain processes as root on Linux elsewhere."""


@main.command()
@LEVEL
def prepare(level: str) -> None:
    """Build and install what a cluster needs, so that `up` is quick."""
    choose_provider().prepare(Level(level))


@main.command()
@NAME
@LEVEL
@click.option("--port", "ports", multiple=True, metavar="HOST:NODE", help="Forward a port of 127.0.0.1 to the node.")
@click.option("--owner", type=int, metavar="PID", help="End the cluster when this process ends (native only).")
def up(name: str, level: str, ports: tuple[str, ...], owner: int | None) -> None:
    """Bring the cluster up, or leave it alone when it runs as asked."""
    spec = ClusterSpec(name, Level(level), tuple(PortMapping.parse(port) for port in ports))
    choose_provider().up(spec, owner=owner)


@main.command()
@NAME
def down(name: str) -> None:
    """Remove the cluster and everything it left, also after a crash."""
    choose_provider().down(name)


@main.command()
@NAME
def status(name: str) -> None:
    """Print what is known of the cluster as JSON; exit code 1 when it does not run."""
    provider = choose_provider()
    known = {"provider": provider.name, **provider.compute_status(name)}
    click.echo(json.dumps(known, indent=2))
    sys.exit(0 if known["running"] else 1)


@main.command()
@NAME
def kubeconfig(name: str) -> None:
    """Print the path of the cluster's kubeconfig."""
    click.echo(choose_provider().find_kubeconfig(name))


@main.command()
@NAME
@click.argument("archives", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(name: str, archives: tuple[Path, ...]) -> None:
    """Load image archives, as `python -m tools.images build` prints them."""
    choose_provider().load(name, archives)


@main.command(context_settings={"ignore_unknown_options": True})
@NAME
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(name: str, command: tuple[str, ...]) -> None:
    """Run a command inside the cluster's network: `run -- curl http://10.96.0.1`."""
    words = choose_provider().build_run_command(name, command)
    os.execvp(words[0], words)  # noqa: S606 (becoming the command is the point: its signals and exit code are its own)


@main.command()
@NAME
@click.argument("component", required=False)
def logs(name: str, component: str | None) -> None:
    """Print the logs of the cluster's own programs, or of one of them."""
    words = choose_provider().build_logs_command(name, component)
    os.execvp(words[0], words)  # noqa: S606 (as above)


def run_command_line() -> None:
    """Run, and tell what is wrong in one line."""
    try:
        main()
    except ClusterError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    run_command_line()
