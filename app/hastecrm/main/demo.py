"""`hastecrm demo`: fill in invented contacts."""

import argparse
import asyncio
import sys

import asyncpg

from hastecrm.core.clock import utc_now
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.features.contacts.demo import store_demo

_LIMIT = 2_000_000

_EXAMPLES = """\
examples:
  hastecrm demo
  hastecrm demo --contacts 10000
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--contacts", type=int, default=200, metavar="N", help="how many (default 200)")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Add the contacts that are missing; return 0 when they are there."""
    if not 1 <= options.contacts <= _LIMIT:
        sys.stderr.write(f"--contacts: must be from 1 to {_LIMIT}, got {options.contacts}\n")
        return 2
    try:
        added = asyncio.run(_store(settings, options.contacts))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        sys.stderr.write(f"no demo contacts were stored: {reason(exc)}\n")
        return 1
    sys.stdout.write(f"{added} demo contacts added, {options.contacts - added} were there\n")
    return 0


async def _store(settings: Settings, number: int) -> int:
    connection = await asyncpg.connect(
        **ConnectionOptions.of(settings, "demo", scope=SYSTEM).without_limits()
    )
    try:
        async with connection.transaction():
            return await store_demo(connection, number, utc_now())
    finally:
        await connection.close()
