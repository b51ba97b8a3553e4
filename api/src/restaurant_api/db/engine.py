"""Owns how the two databases are connected to and how transactions begin. Must not know tables."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WRITES = {"restaurant_writes": True}
"""Execution option of connections whose transactions write."""

_BUSY_TIMEOUT_SECONDS = 5
_CONNECT_TIMEOUT_SECONDS = 5
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged order survives a power cut
    "PRAGMA foreign_keys=ON",
)


def build_engine(url: URL, *, lock_timeout_seconds: float) -> AsyncEngine:
    """Opens nothing yet. Errors name no parameters: those are guests' data, and errors are logged.

    `lock_timeout_seconds` bounds how long PostgreSQL lets a statement wait for a row lock.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_SECONDS})
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    server_settings = {
        "application_name": "restaurant-api",
        "lock_timeout": str(int(lock_timeout_seconds * 1000)),
        "timezone": "UTC",
    }
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # a failover must not cost each pooled connection one failed request
        connect_args={"timeout": _CONNECT_TIMEOUT_SECONDS, "server_settings": server_settings},
    )


def _prepare_sqlite(connection: DBAPIConnection, record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
    del record
    # The driver's implicit BEGIN comes too late for reads and is never IMMEDIATE; ours replaces it.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts as a reader and writes later fails at once when another has written meanwhile;
    # one that takes the write lock first waits for the busy timeout instead.
    is_write = connection.get_execution_options().get("restaurant_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
