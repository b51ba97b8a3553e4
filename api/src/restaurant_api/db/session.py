"""Owns transactions: the only module that commits.

A write is committed before its `async with` block is left, so no response can start before it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from restaurant_api.db.engine import WRITES, build_engine

_LOCK_NOT_AVAILABLE = "55P03"


class DatabaseUnavailableError(Exception):
    """The database cannot be reached, or has no connection or lock to give in time."""

    @property
    def reason(self) -> str:
        """One line for logs and operators: the cause's first, or its type, since a timeout has no text at all."""
        lines = (line.strip() for line in str(self.__cause__).splitlines())
        return next(filter(None, lines), type(self.__cause__).__name__)


class Database:
    """One pool of connections. `read` never commits; `write` commits at the end of the block or not at all."""

    def __init__(self, url: URL, *, lock_timeout_seconds: float) -> None:
        self.engine: AsyncEngine = build_engine(url, lock_timeout_seconds=lock_timeout_seconds)
        self._writes = self.engine.execution_options(**WRITES)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self._open(self.engine) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with self._open(self._writes) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def begin_migration(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose transaction holds SQLite's write lock, for changes of the schema."""
        async with self._writes.begin() as connection:
            yield connection

    async def ping(self) -> None:
        """Raises DatabaseUnavailableError unless a statement can be run."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
            try:
                _ = await session.connection()
            except (OSError, DBAPIError, PoolTimeoutError) as error:
                # asyncpg raises a refused connection as it is, so OSError counts here, and only here.
                raise DatabaseUnavailableError from error
            try:
                yield session
            except (OperationalError, InterfaceError) as error:
                raise DatabaseUnavailableError from error
            except DBAPIError as error:
                # A claim of an idempotency key has its own answer to a lock timeout and never gets here.
                if error.connection_invalidated or is_lock_timeout(error):
                    raise DatabaseUnavailableError from error
                raise


def is_lock_timeout(error: DBAPIError) -> bool:
    """True when PostgreSQL gave up waiting for a lock that another transaction holds."""
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE
