"""`hastecrm verify`: compare a restored database with its dump, or prove a dump in a scratch server."""

import argparse
import asyncio
from datetime import timedelta
from typing import Any, Final

from hastecrm.core.clock import utc_now
from hastecrm.core.settings import ConfigurationError, Settings
from hastecrm.core.settings.findings import Finding
from hastecrm.dumps.keys import read_key
from hastecrm.dumps.opening import catalogue_of
from hastecrm.dumps.postgres_tools import program
from hastecrm.main.restoring import restore_of, run_work, say, server_of
from hastecrm.restores.drill import Drill, newest
from hastecrm.restores.restore import PostgresRestore, Restore
from hastecrm.restores.scratch import Scratch

_NEWEST: Final = "newest"
_EXAMPLES = """\
examples:
  hastecrm verify --name acme-20260101t020000z --database hastecrm_restore_1      is it what was dumped?
  hastecrm verify --scratch-url postgresql://postgres@/postgres?host=/scratch     prove the newest dump
  hastecrm verify --name acme-20260101t020000z --scratch-url postgresql://…       prove this one

Checked are the rows of each table, the schema, foreign keys, row-level security, sequences and a sign-in.
A dump that was proven is marked so where it is kept.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--name", default=_NEWEST, help="name of the dump; default: the newest good one")
    parser.add_argument(
        "--delay", type=float, default=0, metavar="SECONDS", help="wait first, so that not all begin at once"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--database", help="a database that it was restored into")
    where.add_argument(
        "--scratch-url", metavar="URL", help="a server that it is restored to, and removed from"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Check; return 0 when everything is as it was dumped."""
    if options.scratch_url is not None:
        return run_work(settings, _prove(settings, options))
    return run_work(settings, _compare(settings, options.name, options.database))


async def _compare(settings: Settings, name: str, database: str) -> dict[str, Any]:
    if settings.database_host is None:
        raise ConfigurationError([Finding("HASTECRM_DATABASE_HOST", "must be set for --database", "set it")])
    async with catalogue_of(settings) as catalogue:
        restore = restore_of(settings, catalogue, server_of(settings))
        manifest = await restore.find(name if name != _NEWEST else await newest(catalogue))
        checks = await restore.check(database, manifest)
    return {
        "name": manifest.name,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "checks": [check.name for check in checks],
    }


async def _prove(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    await asyncio.sleep(options.delay)
    scratch, name = Scratch.parse(options.scratch_url), options.name
    async with catalogue_of(settings) as catalogue:
        tools = PostgresRestore([str(program("pg_restore"))], scratch.environment)
        server = await scratch.server(timedelta(seconds=settings.migrate_wait), say)
        restore = Restore(catalogue, read_key(settings.backup_key_file), server, tools, say)
        chosen = name if name != _NEWEST else await newest(catalogue)
        return (await Drill(restore, utc_now).run(chosen)).as_json()
