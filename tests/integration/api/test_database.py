"""Transactions, and a database that goes away."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from restaurant_api.context import Context
from restaurant_api.db.session import Database, DatabaseUnavailableError
from restaurant_api.lifespan import become_ready, open_context
from restaurant_api.settings import build_database_url
from tests.support.api.processes import build_settings
from tests.support.api.restaurants import Restaurant
from tests.support.waiting import find_free_port


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(build_database_url(postgres_url), lock_timeout_seconds=0.2)
    yield database
    await database.close()


async def count_locations(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(text("SELECT count(*) FROM locations"))).scalar_one())


async def delete_and_fail(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("DELETE FROM menu_item_tags"))
        await session.execute(text("DELETE FROM locations"))


async def test_a_block_that_fails_commits_nothing(context: Context, restaurant: Restaurant) -> None:
    del restaurant
    with pytest.raises(IntegrityError):
        await delete_and_fail(context.database)
    async with context.database.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM menu_item_tags"))).scalar_one() == 1
    assert await count_locations(context.database) == 2


async def test_a_read_never_commits(context: Context, restaurant: Restaurant) -> None:
    del restaurant
    async with context.database.read() as session:
        await session.execute(text("DELETE FROM menu_item_tags"))
    async with context.database.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM menu_item_tags"))).scalar_one() == 1


async def test_a_connection_cut_in_a_transaction_is_unavailable_and_the_next_one_works(postgres: Database) -> None:
    with pytest.raises(DatabaseUnavailableError):
        async with postgres.write() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert await count_locations(postgres) == 0


async def test_a_connection_cut_between_requests_is_noticed(postgres: Database) -> None:
    async with postgres.read() as session:
        pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    killer = Database(postgres.engine.url, lock_timeout_seconds=1)
    async with killer.read() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    await killer.close()
    assert await count_locations(postgres) == 0


async def test_a_lock_that_another_one_holds_for_too_long_is_unavailable(postgres: Database) -> None:
    async with postgres.write() as holder:
        await holder.execute(text("LOCK TABLE locations IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(DatabaseUnavailableError) as caught:
            await count_locations(postgres)
    assert "lock timeout" in caught.value.reason
    assert await count_locations(postgres) == 0


async def test_errors_do_not_say_what_guests_have_written(context: Context, restaurant: Restaurant) -> None:
    del restaurant
    with pytest.raises(DBAPIError) as caught:
        await insert_tag_of_no_item(context.database, "call 0170 5555")
    assert "menu_item_tags" in str(caught.value)
    assert "0170" not in str(caught.value)


async def insert_tag_of_no_item(database: Database, tag: str) -> None:
    """Violates a foreign key."""
    statement = text("INSERT INTO menu_item_tags (item_id, tag, location_id) VALUES (:item, :tag, :item)")
    async with database.write() as session:
        await session.execute(statement.bindparams(bindparam("item", type_=Uuid())), {"item": UUID(int=1), "tag": tag})


async def read_server_pid(url: str) -> int:
    database = Database(build_database_url(url), lock_timeout_seconds=1)
    async with database.read() as session:
        lines: str = (await session.execute(text("SELECT pg_read_file('postmaster.pid')"))).scalar_one()
    await database.close()
    return int(lines.splitlines()[0])


def test_the_server_for_tests_keeps_all_its_memory_where_it_ends_with_it(postgres_url: str) -> None:
    process = Path(f"/proc/{asyncio.run(read_server_pid(postgres_url))}")
    assert "/dev/shm/" not in (process / "maps").read_text()  # noqa: S108 - only a name to look for
    if os.geteuid() == 0:
        assert (process / "ns/ipc").readlink() != Path("/proc/self/ns/ipc").readlink()


async def test_a_broken_sqlite_file_is_unavailable(sqlite_url: str) -> None:
    database = Database(build_database_url(sqlite_url), lock_timeout_seconds=1)
    with pytest.raises(DatabaseUnavailableError):
        async with database.write() as session:
            await session.execute(text("SELECT * FROM no_such_table"))
    await database.close()


async def test_a_server_without_a_database_waits() -> None:
    url = f"postgresql://nobody@127.0.0.1:{find_free_port()}/gone"
    async with open_context(build_settings(url)) as context:
        waiting = asyncio.create_task(become_ready(context, retry_seconds=0.01))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        assert not context.readiness.is_schema_usable
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
