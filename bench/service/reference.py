"""What aiohttp costs by itself: the same answers by hand, without any layer of the CRM. Run by the bench."""

import asyncio
import os
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvloop
from aiohttp import web

COLUMNS = "id, first_name, last_name, email, phone, title, company, version, created_at, updated_at"
PAGE = f"SELECT {COLUMNS} FROM contacts WHERE workspace_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2"  # noqa: S608
ONE = f"SELECT {COLUMNS} FROM contacts WHERE workspace_id = $1 AND id = $2"  # noqa: S608
ADD = (
    "INSERT INTO contacts (workspace_id, id, first_name, last_name, email, phone, title, company) "  # noqa: S608
    f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}"
)
WORKSPACE = UUID(int=1)
DATABASE = "reference"
SCHEMA = """
CREATE TABLE contacts (
    workspace_id uuid NOT NULL, id uuid PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL,
    email text, phone text, title text, company text, version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO contacts (workspace_id, id, first_name, last_name, email, phone, title, company, created_at)
    SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(), 'First' || n, 'Last' || n,
        'person' || n || '@example.com', '+43 1 ' || n, 'Title', 'Company ' || n,
        now() - n * interval '1 minute'
    FROM generate_series(1, {contacts}) AS n;
CREATE INDEX ON contacts (workspace_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX ON contacts (workspace_id, email);
"""
Row = dict[str, Any]


async def live(_request: web.Request) -> web.Response:
    """Answer as the liveness probe does."""
    return web.Response(body=orjson.dumps({"status": "live"}), content_type="application/json")


class Contacts:
    """The three operations on contacts that are compared."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def page(self, request: web.Request) -> web.Response:
        """Return the newest contacts."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(PAGE, WORKSPACE, int(request.query["limit"]) + 1)
        return _json({"items": [_shown(row) for row in rows[:-1]], "next": None})

    async def one(self, request: web.Request) -> web.Response:
        """Return one contact."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(ONE, WORKSPACE, UUID(request.match_info["id"]))
        return _json(_shown(row))

    async def add(self, request: web.Request) -> web.Response:
        """Store a contact."""
        new = orjson.loads(await request.read())
        fields = [new.get(name) for name in ("first_name", "last_name", "email", "phone", "title", "company")]
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(ADD, WORKSPACE, uuid4(), *fields)
        return _json(_shown(row), status=201)


def _shown(row: Any) -> Row:
    return {name: str(value) if isinstance(value, UUID | datetime) else value for name, value in row.items()}


def _json(body: Row, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def _keep(_connection: Any) -> None:
    # As the CRM does: no statement is spent on resetting a connection that was not changed.
    return


async def serve(port: int) -> None:
    """Serve until killed; with a database when its port is given."""
    app = web.Application()
    for path in ("/health/live", "/health/ready"):
        app.router.add_get(path, live)
    if database_port := os.environ.get("HASTECRM_DATABASE_PORT"):
        pool = await asyncpg.create_pool(
            host="127.0.0.1",
            port=int(database_port),
            user="hastecrm",
            password=os.environ["HASTECRM_DATABASE_PASSWORD"],
            database=DATABASE,
            reset=_keep,
        )
        contacts = Contacts(pool)
        app.router.add_get("/api/v1/contacts", contacts.page)
        app.router.add_post("/api/v1/contacts", contacts.add)
        app.router.add_get("/api/v1/contacts/{id}", contacts.one)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(os.environ["HASTECRM_APP_PORT"])))
