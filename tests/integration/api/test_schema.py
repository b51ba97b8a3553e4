"""Migrations over both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from restaurant_api.db.schema import SchemaState, build_alembic_config, migrate, read_schema_state
from restaurant_api.db.session import Database
from restaurant_api.lifespan import become_ready, open_context
from restaurant_api.settings import build_database_url
from tests.support.api.databases import empty_postgres
from tests.support.api.processes import build_settings


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
    else:
        yield from empty_postgres(request.getfixturevalue("postgres_server"))


@pytest.fixture
async def database(empty_url: str) -> AsyncIterator[Database]:
    database = Database(build_database_url(empty_url), lock_timeout_seconds=0.2)
    yield database
    await database.close()


async def test_two_migrations_at_once_and_again(database: Database) -> None:
    assert await read_schema_state(database) is SchemaState.EMPTY
    states = await asyncio.gather(migrate(database), migrate(database))
    assert sorted(states) == [SchemaState.CURRENT, SchemaState.EMPTY]
    assert await migrate(database) is SchemaState.CURRENT
    assert await read_schema_state(database) is SchemaState.CURRENT


async def test_tables_are_what_the_migrations_make(database: Database) -> None:
    await migrate(database)
    async with database.begin_migration() as connection:
        await connection.run_sync(lambda sync: command.check(build_alembic_config(sync)))


async def test_downgrade_leaves_nothing(database: Database) -> None:
    await migrate(database)
    async with database.begin_migration() as connection:
        await connection.run_sync(lambda sync: command.downgrade(build_alembic_config(sync), "base"))
    assert await read_schema_state(database) is SchemaState.EMPTY
    assert await migrate(database) is SchemaState.EMPTY


async def test_a_newer_schema_is_left_alone_and_usable(database: Database) -> None:
    await migrate(database)
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await migrate(database) is SchemaState.AHEAD
    assert (await read_schema_state(database)).is_usable


async def test_a_server_waits_for_the_migration_and_becomes_ready_by_itself(empty_url: str) -> None:
    async with open_context(build_settings(empty_url)) as context:
        waiting = asyncio.create_task(become_ready(context, retry_seconds=0.05))
        await asyncio.sleep(0.2)
        assert not context.readiness.is_schema_usable
        await migrate(context.database)
        await asyncio.wait_for(waiting, 10)
        assert context.readiness.decide_refusal() is None
        assert not context.readiness.is_degraded
