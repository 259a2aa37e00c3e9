"""`hastecrm migrate`: bring the database to this version's schema, and report it."""

import argparse
import asyncio
import sys
from typing import Any

import asyncpg

from hastecrm.core.migrator import MigrationError, Migrator, connect_patiently
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.schema import bundled_migrations
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.core.termination import leave_report

_EXAMPLES = """\
examples:
  hastecrm migrate --plan     which migrations would run
  hastecrm migrate            run them; the report goes to standard output and HASTECRM_TERMINATION_LOG
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--plan", action="store_true", help="only say what would run")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Migrate, or with `--plan` only say what would be done."""
    try:
        report = asyncio.run(_migrate(settings, planning=options.plan))
    except (MigrationError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        _say(f"migration failed: {reason(exc)}")
        leave_report({"error": reason(exc)}, settings.termination_log)
        return 1
    leave_report(report, settings.termination_log)
    return 0


async def _migrate(settings: Settings, *, planning: bool) -> dict[str, Any]:
    connection = await connect_patiently(
        ConnectionOptions.of(settings, "migrate"), settings.migrate_wait, _say
    )
    try:
        migrator = Migrator(bundled_migrations(), _say)
        if planning:
            return {"pending": [migration.name for migration in await migrator.pending(connection)]}
        schema, applied = await migrator.run(connection)
        return {**schema.as_json(), "applied": applied}
    finally:
        await connection.close()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
