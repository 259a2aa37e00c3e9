"""The real servers of the session, and a fresh migrated database for each test."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
import structlog
from tests.integration.application import Running, running
from tests.integration.servers import PASSWORD, SUPERUSER, Postgres, Redis

from hastecrm.core.migrator import Migrator
from hastecrm.core.schema import bundled_migrations
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Tracebacks as plain text: structlog's colourful ones take a second each."""
    processors = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(["level", "event"]),
    ]
    structlog.configure(processors=processors)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
        asyncio.run(make_template(server))
        yield server
    finally:
        server.destroy()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    server = Redis()
    server.start()
    yield server
    server.stop()


async def connect(server: Postgres, database: str, user: str = SUPERUSER) -> Any:
    """Connect as one who sees everything, or as the application's role."""
    return await asyncpg.connect(
        host="127.0.0.1", port=server.port, user=user, password=PASSWORD, database=database
    )


async def make_schema(server: Postgres, database: str) -> None:
    connection = await connect(server, database, "hastecrm")
    await Migrator(bundled_migrations(), print).run(connection)
    await connection.close()


async def make_template(server: Postgres) -> None:
    await run_statement(server, "CREATE DATABASE migrated OWNER hastecrm")
    await make_schema(server, "migrated")
    await run_statement(server, "CREATE DATABASE shared TEMPLATE migrated OWNER hastecrm")


async def run_statement(server: Postgres, sql: str) -> None:
    """Run one that has no place inside a test's database, such as CREATE DATABASE."""
    connection = await connect(server, "postgres")
    await connection.execute(sql)
    await connection.close()


async def _fresh(server: Postgres, template: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    await run_statement(server, f"CREATE DATABASE {name} TEMPLATE {template} OWNER hastecrm")
    yield name
    await run_statement(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(postgres: Postgres) -> str:
    """The name of a database with the newest schema and no contacts (shared: leave its tables alone)."""
    connection = await connect(postgres, "shared")
    await connection.execute(
        "TRUNCATE companies, contacts, custom_fields, erasures, files, tags, users, teams, audit_log, "
        "mail_templates, mail_accounts, webhooks, imports, automations, sign_in_attempts, match_keys, "
        "match_waiting, duplicates, "
        "search_documents, search_words, search_typos, merges CASCADE"
    )
    await connection.execute("DELETE FROM workspaces WHERE id <> $1", DEFAULT_WORKSPACE)
    await connection.execute("DELETE FROM pipelines")
    await connection.execute("SELECT hastecrm_first_pipeline($1)", DEFAULT_WORKSPACE)
    await connection.close()
    return "shared"


@pytest.fixture
async def own_database(postgres: Postgres) -> AsyncIterator[str]:
    """The name of a database that has the newest schema and belongs to this test alone."""
    async for name in _fresh(postgres, "migrated"):
        yield name


@pytest.fixture
async def own_sql(postgres: Postgres, own_database: str) -> AsyncIterator[Any]:
    """A connection to the test's own database, to arrange and to look."""
    connection = await connect(postgres, own_database)
    yield connection
    await connection.close()


@pytest.fixture
async def empty_database(postgres: Postgres) -> AsyncIterator[str]:
    """The name of a database without any schema."""
    async for name in _fresh(postgres, "template0"):
        yield name


@pytest.fixture
async def sql(postgres: Postgres, database: str) -> AsyncIterator[Any]:
    """A connection to the test's database, to arrange and to look."""
    connection = await connect(postgres, database)
    yield connection
    await connection.close()


@pytest.fixture
async def api(postgres: Postgres, database: str) -> AsyncIterator[Running]:
    """A ready API without Redis."""
    async with running("api", postgres.environment(database)) as program:
        yield program


@pytest.fixture
async def web(api: Running) -> AsyncIterator[Running]:
    """A ready web tier in front of the API."""
    async with running("web", {"HASTECRM_API_URL": api.url}) as program:
        yield program
