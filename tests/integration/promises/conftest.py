"""A PostgreSQL that counts every statement it is sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.integration.application import Answer, Running, running
from tests.integration.conftest import connect, make_template
from tests.integration.servers import Postgres

# More often than anything in the background asks in the same moments.
TIMES = 20
_SENT = (
    "SELECT query, calls FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid "
    "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND rolname = 'hastecrm'"
)
# Tells PostgreSQL who asks, and names the request beside its statements: no table is read.
_SCOPE = "set_config("


@dataclass
class Counted:
    """An API, and what its database is sent for each request."""

    api: Running
    sql: Any

    async def statements(self, ask: Callable[[], Awaitable[Answer]]) -> dict[str, float]:
        """Ask many times; return how often each request sends each statement, leaving out the scope."""
        await ask()
        await self.sql.execute("SELECT pg_stat_statements_reset()")
        answers = [await ask() for _ in range(TIMES)]
        rows = await self.sql.fetch(_SENT)
        assert {answer.status for answer in answers} == {200}
        return {
            row["query"]: row["calls"] / TIMES
            for row in rows
            if row["calls"] >= TIMES and _SCOPE not in row["query"]
        }


@pytest.fixture(scope="module")
def counting_postgres() -> Iterator[Postgres]:
    server = Postgres()
    server.use(shared_preload_libraries="pg_stat_statements")
    try:
        server.start()
        asyncio.run(make_template(server))
        yield server
    finally:
        server.destroy()


@pytest.fixture
async def counted(counting_postgres: Postgres) -> AsyncIterator[Counted]:
    """An API that looks at its database rarely, so that what is counted comes from requests."""
    sql = await connect(counting_postgres, "shared")
    await sql.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    rarely = {**counting_postgres.environment("shared"), "HASTECRM_CHECK_INTERVAL": "30s"}
    async with running("api", rarely) as api:
        yield Counted(api, sql)
    await sql.close()
