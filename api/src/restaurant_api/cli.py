"""Owns the command line: one command an occasion, one line an error, exit codes that a Job can rely on.

0: done. 1: tried and failed. 2: a setting or an argument is wrong.
"""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Never, TypeVar

import click
import uvloop

from restaurant_api import VERSION
from restaurant_api.db import schema
from restaurant_api.db.session import DatabaseUnavailableError
from restaurant_api.lifespan import open_context
from restaurant_api.logs import configure_logging
from restaurant_api.seeding import service as seeding
from restaurant_api.server import serve as run_server
from restaurant_api.settings import ENV_PREFIX, Settings, SettingsError
from restaurant_api.warming import service as warming
from restaurant_api.warming.runner import WarmReport, build_report

_T = TypeVar("_T")
_EXIT_FAILED = 1
_EXIT_SETTINGS = 2


@click.group()
@click.version_option(VERSION)
@click.pass_context
def main(context: click.Context) -> None:
    """The backend of one restaurant. Settings come from RESTAURANT_* environment variables."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        _fail(str(error), code=_EXIT_SETTINGS)
    configure_logging(level=settings.log_level, style=settings.log_format)
    context.obj = settings


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve the API and the management port until SIGTERM."""
    _run(run_server(settings))


@main.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database schema to this release's version."""
    before = _run(_migrate(settings))
    click.echo(f"schema was {before.value}" + (": nothing to do" if before.is_usable else ", is current now"))


@main.command()
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file too.")
@click.pass_obj
def warm(settings: Settings, report: Path | None) -> None:
    """Fill Redis with this release's values, read them back and report."""
    if settings.redis_url is None:
        _fail(
            f"{ENV_PREFIX}REDIS_URL is not set: write redis://host:6379/0, since warming fills Redis",
            code=_EXIT_SETTINGS,
        )
    found, reason = _run(_warm(settings))
    text = found.model_dump_json()
    click.echo(text)
    if report is not None:
        report.write_text(text + "\n", encoding="utf-8")
    if reason is not None or found.hit_ratio < settings.warm_min_hit_ratio:
        _fail(reason or f"hit ratio {found.hit_ratio:.3f} is below {settings.warm_min_hit_ratio}", code=_EXIT_FAILED)


@main.command()
@click.option("--locations", type=click.IntRange(1, 10_000), default=1, show_default=True)
@click.option("--orders", type=click.IntRange(0, 10_000_000), default=0, show_default=True, help="Per location.")
@click.option("--random-seed", type=int, default=1, show_default=True, help="Equal seeds give equal data.")
@click.pass_obj
def seed(settings: Settings, locations: int, orders: int, random_seed: int) -> None:
    """Add a realistic restaurant. Running it again adds only what is missing."""
    added = _run(_seed(settings, seeding.SeedPlan(locations=locations, orders=orders, random_seed=random_seed)))
    click.echo(f"added {added.locations} locations, {added.items} menu items, {added.orders} orders")
    if not added.has_told_replicas:
        click.echo(
            f"running replicas could not be told: they may serve the old menu for {settings.cache_shared_ttl:.0f} s",
            err=True,
        )


async def _migrate(settings: Settings) -> schema.SchemaState:
    async with open_context(settings) as context:
        return await schema.migrate(context.database)


async def _warm(settings: Settings) -> tuple[WarmReport, str | None]:
    """The report, and why it failed as a whole, if it did: a Job's log and its report both say something then."""
    async with open_context(settings) as context:
        try:
            state = await schema.read_schema_state(context.database)
            if state.is_usable:
                report = await warming.warm_shared(context)
                is_late = report.failures > 0 and report.duration_seconds >= settings.warm_timeout
                return report, f"out of time after {report.duration_seconds} s" if is_late else None
            reason = f"the schema is {state.value}: run `restaurant-api migrate` first"
        except DatabaseUnavailableError as error:
            reason = _describe_database(error)
        return build_report([], planned=1, release=settings.release, duration_seconds=0.0), reason


async def _seed(settings: Settings, plan: seeding.SeedPlan) -> seeding.Added:
    async with open_context(settings) as context:
        return await seeding.seed(context, plan)


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except (SettingsError, seeding.SeedConflictError) as error:
        _fail(str(error), code=_EXIT_SETTINGS)
    except DatabaseUnavailableError as error:
        _fail(_describe_database(error), code=_EXIT_FAILED)


def _describe_database(error: DatabaseUnavailableError) -> str:
    return f"the database cannot be used: {error.reason}; check {ENV_PREFIX}DATABASE_URL"


def _fail(message: str, *, code: int) -> Never:
    click.echo(f"restaurant-api: {message}", err=True)
    sys.exit(code)
