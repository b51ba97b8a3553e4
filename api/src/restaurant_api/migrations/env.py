"""Alembic's entry: runs on the connection that `db.schema` hands over, or on a developer's own settings."""

import asyncio
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from restaurant_api.db.base import Base, UtcDateTime
from restaurant_api.db.session import Database
from restaurant_api.locations import tables as _locations  # noqa: F401 - fills the metadata
from restaurant_api.menu import tables as _menu  # noqa: F401 - fills the metadata
from restaurant_api.orders import tables as _orders  # noqa: F401 - fills the metadata
from restaurant_api.settings import Settings, build_database_url


def render_type(kind: str, item: object, context_: AutogenContext) -> str | Literal[False]:
    """Migrations spell the database's own types: they must keep running when ours have changed."""
    del context_
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    # SQLite changes a table by copying it, which batch mode does.
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_type,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_with_settings() -> None:
    settings = Settings.from_environment()
    url = build_database_url(settings.database_url.get_secret_value())
    database = Database(url, lock_timeout_seconds=settings.database_lock_timeout)
    async with database.begin_migration() as connection:
        await connection.run_sync(run)
    await database.close()


handed_over = context.config.attributes.get("connection")
if handed_over is None:
    asyncio.run(run_with_settings())
else:
    run(handed_over)
