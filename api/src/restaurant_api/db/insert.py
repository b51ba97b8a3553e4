"""Owns the one statement that both databases can do but spell in their own dialects: insert unless it is there."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from restaurant_api.db.base import Base

_CHUNK_ROWS = 500
"""Rows a statement: far below the limit of 32,767 parameters of PostgreSQL's protocol."""


async def insert_absent(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows that violate no unique constraint; returns how many those were."""
    inserted = 0
    dialect = (await session.connection()).dialect.name
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    keys = inspect(table).primary_key
    for start in range(0, len(rows), _CHUNK_ROWS):
        values = [dict(row) for row in rows[start : start + _CHUNK_ROWS]]
        statement = build(table).values(values).on_conflict_do_nothing().returning(*keys)
        inserted += len((await session.execute(statement)).all())
    return inserted
