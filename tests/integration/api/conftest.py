"""The same suite over SQLite and PostgreSQL, with and without a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from restaurant_api.context import Context
from restaurant_api.main import build_management_asgi, build_public_asgi
from tests.support.api.databases import (
    build_postgres,
    build_sqlite_template,
    copy_sqlite,
    empty_tables,
)
from tests.support.api.logs import keep_logs_plain
from tests.support.api.processes import build_settings, open_client, ready_context
from tests.support.api.restaurants import Restaurant, insert_restaurant
from tests.support.api.servers import run_postgres, run_redis


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    keep_logs_plain()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    with run_redis() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with run_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: str) -> str:
    return build_postgres(postgres_server)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return copy_sqlite(sqlite_template, tmp_path)


@pytest.fixture
def postgres_url(shared_postgres: str) -> str:
    asyncio.run(empty_tables(shared_postgres))
    return shared_postgres


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def context(database_url: str) -> AsyncIterator[Context]:
    settings = build_settings(database_url, database_lock_timeout=0.3)
    async with ready_context(settings) as context:
        yield context


@pytest.fixture
async def restaurant(context: Context) -> Restaurant:
    return await insert_restaurant(context.database)


@pytest.fixture
async def client(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(build_public_asgi(context)) as client:
        yield client


@pytest.fixture
async def management(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(build_management_asgi(context)) as client:
        yield client
