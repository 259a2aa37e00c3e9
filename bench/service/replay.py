"""A bare aiohttp handler that runs the same SQL as the API did, and shows the rows. Run by the bench.

`/bench/NAME/NUMBER` runs the statements of one recorded request. Where two records of a request differ, a
value was new: it is made anew each time. A change of what is there is rolled back, to be possible again.
"""

import asyncio
import os
import pickle
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvloop
from aiohttp import web

Statement = tuple[str, tuple[Any, ...]]


class Replay:
    """The recorded requests of each scenario."""

    def __init__(self, pool: Any, recorded: dict[str, list[list[Statement]]]) -> None:
        self._pool = pool
        self._recorded = recorded
        self._fresh = {
            name: [_differing(one, other) for one, other in zip(both[0], both[1], strict=True)]
            for name, both in recorded.items()
            if name.startswith("new-")
        }

    async def answer(self, request: web.Request) -> web.Response:
        """Run the statements of a request on one connection."""
        name, number = request.match_info["name"], int(request.match_info["number"])
        await request.read()
        every = self._recorded[name]
        shown: list[Any] = []
        made: dict[Any, Any] = {}
        async with self._pool.acquire() as connection:
            for place, (recorded, values) in enumerate(every[number % len(every)]):
                query = "ROLLBACK;" if recorded == "COMMIT;" and name not in self._fresh else recorded
                places = self._fresh[name][place] if name in self._fresh else ()
                shown += await _run(connection, query, _renewed(values, places, made))
        return web.Response(body=orjson.dumps(shown, default=str), content_type="application/json")


async def _run(connection: Any, query: str, values: Sequence[Any]) -> list[Any]:
    if not values and query.endswith(";"):
        await connection.execute(query)
        return []
    return [dict(row) for row in await connection.fetch(query, *values)]


def _differing(one: Statement, other: Statement) -> list[int]:
    pairs = zip(one[1], other[1], strict=True)
    return [n for n, (mine, theirs) in enumerate(pairs) if mine != theirs]


def _renewed(values: tuple[Any, ...], places: Sequence[int], made: dict[Any, Any]) -> list[Any]:
    new = list(values)
    for place in places:
        new[place] = made.setdefault(str(values[place]), _other(values[place]))
    return new


def _other(value: Any) -> Any:
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, datetime):
        return datetime.now(UTC)
    return f"b{uuid4().hex}@example.com" if isinstance(value, str) and "@" in value else uuid4().hex


async def _keep(_connection: Any) -> None:
    # As the CRM does: no statement is spent on resetting a connection that was not changed.
    return


async def serve(port: int, recorded: Any) -> None:
    """Serve until killed."""
    pool = await asyncpg.create_pool(
        host="127.0.0.1",
        port=int(os.environ["HASTECRM_DATABASE_PORT"]),
        user="hastecrm",
        password=os.environ["HASTECRM_DATABASE_PASSWORD"],
        database=os.environ["HASTECRM_DATABASE_NAME"],
        reset=_keep,
        server_settings=orjson.loads(os.environ["BENCH_SCOPE"]),
    )
    app = web.Application()
    app.router.add_get("/health/ready", _ready)
    app.router.add_route("*", "/bench/{name}/{number}", Replay(pool, recorded).answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


async def _ready(_request: web.Request) -> web.Response:
    return web.Response(text="ready")


if __name__ == "__main__":
    written = pickle.loads(Path(os.environ["BENCH_RECORDED"]).read_bytes())  # noqa: S301 - by the bench
    uvloop.run(serve(int(os.environ["HASTECRM_APP_PORT"]), written))
