"""`hastecrm api` that remembers its SQL. Run by the bench.

`/bench/sql` tells what was run since the last question, pickled, so that values keep their types; both ends
are ours.
"""

import base64
import pickle
import sys
from typing import Any

from aiohttp import web

from hastecrm.core.http import json_response
from hastecrm.core.postgres import ScopedConnection
from hastecrm.core.server import Service
from hastecrm.core.settings import Settings
from hastecrm.main import api
from hastecrm.main.serving import run_role

_OTHERS = (
    "SELECT set_config",
    "SELECT 1",
    "SELECT count(*) FILTER",
)  # the scope, and looks in the background
_ran: list[tuple[str, tuple[Any, ...]]] = []


def _remembering(name: str) -> Any:
    original = getattr(ScopedConnection, name)

    async def run(self: Any, query: str, *values: Any, **options: Any) -> Any:
        if not query.startswith(_OTHERS):
            _ran.append((query, values))
        return await original(self, query, *values, **options)

    return run


async def _tell(_request: web.Request) -> web.Response:
    told, _ran[:] = base64.b64encode(pickle.dumps(_ran)).decode(), []
    return json_response(told)


async def build(settings: Settings) -> Service:
    """Return the API's service with the route."""
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        setattr(ScopedConnection, name, _remembering(name))
    service = await api.build(settings)
    service.probes.app.router.add_get("/bench/sql", _tell)
    return service


if __name__ == "__main__":
    sys.exit(run_role("api", Settings.load("api"), build))
