"""`hastecrm drop-database`: drop a database that a restore made or replaced."""

import argparse
from typing import Any

from hastecrm.core.settings import Settings
from hastecrm.main.restoring import run_work, server_of
from hastecrm.restores.databases import allow_connections, drop

_EXAMPLES = """\
examples:
  hastecrm drop-database --database hastecrm_before_1    the data from before a restore is not needed any more
  hastecrm drop-database --database hastecrm_restore_1   a restore was given up

Only databases that are named as restores name them are dropped, never the one in use. Should a swap have died
halfway, the one in use can be used again afterwards.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--database", required=True, help="what to drop; one that is gone already is no error"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Drop it."""
    return run_work(settings, _drop(settings, options.database))


async def _drop(settings: Settings, database: str) -> dict[str, Any]:
    server = server_of(settings)
    async with server.beside() as connection:
        await allow_connections(connection, server.live, allow=True)
        await drop(connection, server.live, database)
    return {"dropped": database}
