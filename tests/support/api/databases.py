"""Gives each test a migrated and empty database: a copied file, or PostgreSQL's tables emptied."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from restaurant_api.db.base import Base
from restaurant_api.db.schema import migrate
from restaurant_api.db.session import Database
from restaurant_api.settings import build_database_url

SHARED = "restaurant"


async def migrate_url(url: str) -> None:
    database = Database(build_database_url(url), lock_timeout_seconds=5)
    await migrate(database)
    await database.close()


def build_sqlite_template(folder: Path) -> Path:
    template = folder / "template.db"
    asyncio.run(migrate_url(f"sqlite:///{template}"))
    return template


def copy_sqlite(template: Path, folder: Path) -> str:
    target = folder / "restaurant.db"
    shutil.copy(template, target)
    return f"sqlite:///{target}"


async def _administer(server: str, statement: str) -> None:
    url = build_database_url(f"{server}/postgres")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def build_postgres(server: str) -> str:
    """One migrated database for the whole run; `empty_tables` gives it to the next test. Making one each is slow."""
    asyncio.run(_administer(server, f"CREATE DATABASE {SHARED}"))
    asyncio.run(migrate_url(f"{server}/{SHARED}"))
    return f"{server}/{SHARED}"


async def empty_tables(url: str) -> None:
    database = Database(build_database_url(url), lock_timeout_seconds=5)
    async with database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(table.delete())
    await database.close()


def empty_postgres(server: str) -> Iterator[str]:
    """A database without any table, for tests of migrations."""
    name = f"test_{uuid4().hex}"
    asyncio.run(_administer(server, f"CREATE DATABASE {name}"))
    yield f"{server}/{name}"
    asyncio.run(_administer(server, f"DROP DATABASE {name} WITH (FORCE)"))
