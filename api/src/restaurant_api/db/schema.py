"""Owns the schema's version: where it stands and how to bring it to head. Must not know what the migrations do."""

from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from restaurant_api.db.session import Database

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_ADVISORY_LOCK = 0x7265_7374_6D69_6772
"""Any constant does, as long as every release uses the same: the bytes say "restmigr"."""


class SchemaState(StrEnum):
    """Where the database stands, seen from this release."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"

    @property
    def is_usable(self) -> bool:
        """A newer schema is: migrations expand first, so that the release before still works on it."""
        return self in {SchemaState.CURRENT, SchemaState.AHEAD}


def build_alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def read_schema_state(database: Database) -> SchemaState:
    async with database.read() as session:
        return await (await session.connection()).run_sync(_compute_state)


async def migrate(database: Database) -> SchemaState:
    """Brings the schema to head and returns where it stood before. Two callers at once: the second one waits."""
    await database.ping()
    async with database.engine.connect() as lock:
        is_postgres = lock.dialect.name == "postgresql"
        if is_postgres:
            # Waiting for another release's migration may take longer than any request may wait for a row.
            await lock.execute(text("SET lock_timeout = 0"))
            await lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        try:
            async with database.begin_migration() as connection:
                return await connection.run_sync(_upgrade)
        finally:
            if is_postgres:
                await lock.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})


def _upgrade(connection: Connection) -> SchemaState:
    before = _compute_state(connection)
    if not before.is_usable:
        command.upgrade(build_alembic_config(connection), "head")
    return before


def _compute_state(connection: Connection) -> SchemaState:
    scripts = ScriptDirectory(str(MIGRATIONS))
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return SchemaState.EMPTY
    if revision == scripts.get_current_head():
        return SchemaState.CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return SchemaState.BEHIND if revision in known else SchemaState.AHEAD
