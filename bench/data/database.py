"""A PostgreSQL server with as many contacts as asked for, with settings as in the image."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from tests.integration.servers import PASSWORD, SUPERUSER, Postgres

from hastecrm.core.migrator import Migrator
from hastecrm.core.schema import bundled_migrations
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

DEFAULT_N = 1_000_000
NAME = "bench"
_CONTACTS = """
INSERT INTO contacts (workspace_id, id, first_name, last_name, email, phone, title, company, created_at)
SELECT $1, gen_random_uuid(), (ARRAY['Ada','Grace','Linus','Margaret','Dennis','Barbara'])[1 + n % 6],
  initcap(substr(md5(n::text), 1, 9)), substr(md5(n::text), 1, 9) || n || '@example.com',
  '+49 30 ' || (10000000 + n * 7 % 90000000), (ARRAY['Sales','Head of','Engineer','Buyer'])[1 + n % 4],
  initcap(substr(md5((n / 20)::text), 1, 12)) || ' GmbH', now() - n * interval '1 second'
FROM generate_series(1, $2::int) n
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A running server with a database full of contacts, and a directory for files beside it."""

    server: Postgres
    n: int
    folder: Path
    version: str
    bytes: int

    def settings(self) -> dict[str, str]:
        """Return the application's settings for it."""
        settings: dict[str, str] = self.server.environment(NAME)
        return settings


@contextmanager
def filled(n: int) -> Iterator[Filled]:
    """Run the server for the length of the block."""
    server, folder = Postgres(), Path(tempfile.mkdtemp(prefix="hastecrm-bench-data-"))
    server.use(shared_buffers="128MB", fsync="on", autovacuum="off", max_wal_size="4GB")
    try:
        server.start()
        print(f"filling in {n:,} contacts")
        version, size = asyncio.run(_fill(server, n))
        yield Filled(server, n, folder, version, size)
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


async def _fill(server: Postgres, n: int) -> tuple[str, int]:
    await _as(server, SUPERUSER, "postgres", lambda c: c.execute(f"CREATE DATABASE {NAME} OWNER hastecrm"))
    await _as(server, "hastecrm", NAME, lambda c: Migrator(bundled_migrations(), print).run(c))
    await _as(server, SUPERUSER, NAME, lambda c: c.execute(_CONTACTS, DEFAULT_WORKSPACE, n))
    await _as(server, SUPERUSER, NAME, lambda c: c.execute("VACUUM ANALYZE"))
    await _as(server, SUPERUSER, NAME, lambda c: c.execute("CHECKPOINT"))
    told = await _as(
        server, SUPERUSER, NAME, lambda c: c.fetchrow("SELECT version(), pg_database_size($1) AS size", NAME)
    )
    found = re.search(r"PostgreSQL (\S+)", told["version"])
    return found[1] if found else "?", told["size"]


async def _as(server: Postgres, user: str, database: str, work: Any) -> Any:
    connection = await asyncpg.connect(
        host="127.0.0.1", port=server.port, user=user, password=PASSWORD, database=database
    )
    try:
        return await work(connection)
    finally:
        await connection.close()
