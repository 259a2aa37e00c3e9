"""`hastecrm demo`: fill in an invented CRM."""

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack

import asyncpg

from hastecrm.core.clock import utc_now
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

_LIMIT, _COLLEAGUES = 2_000_000, 100

_EXAMPLES = """\
examples:
  hastecrm demo
  hastecrm demo --contacts 10000 --colleagues 8
  hastecrm demo --contacts 1000000               with 2,000,000 activities, in minutes
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--contacts", type=int, default=200, metavar="N", help="how many (default 200)")
    colleagues = "members who own them, as whom nobody can sign in (default 0: who is a member already)"
    parser.add_argument("--colleagues", type=int, default=0, metavar="N", help=colleagues)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Add what is missing; return 0 when it is there."""
    if not 1 <= options.contacts <= _LIMIT:
        sys.stderr.write(f"--contacts: must be from 1 to {_LIMIT}, got {options.contacts}\n")
        return 2
    if not 0 <= options.colleagues <= _COLLEAGUES:
        sys.stderr.write(f"--colleagues: must be from 0 to {_COLLEAGUES}, got {options.colleagues}\n")
        return 2
    try:
        added = asyncio.run(_store(settings, options))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        sys.stderr.write(f"no demo contacts were stored: {reason(exc)}\n")
        return 1
    sys.stdout.write(f"{added} demo contacts added, {options.contacts - added} were there\n")
    return 0


async def _store(settings: Settings, options: argparse.Namespace) -> int:
    from hastecrm.demo.progress import Progress  # noqa: PLC0415 - only this command needs it
    from hastecrm.demo.world import add_colleagues, make  # noqa: PLC0415 - as above

    arguments = ConnectionOptions.of(settings, "demo", scope=SYSTEM).without_limits()
    async with AsyncExitStack() as opened:
        connections = [await asyncpg.connect(**arguments) for _ in range(2)]
        for connection in connections:
            opened.push_async_callback(connection.close)
        await add_colleagues(connections[0], DEFAULT_WORKSPACE, options.colleagues)
        progress = Progress(sys.stderr)
        return await make(connections, DEFAULT_WORKSPACE, options.contacts, utc_now(), progress)
