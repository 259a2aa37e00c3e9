"""`hastecrm migrate`: bring the database to this version's schema, and report it."""

import argparse
import asyncio
import sys
from typing import Any

import asyncpg

from hastecrm.core.migrating.errors import LOST, DatabaseUnreachableError, MigrationError
from hastecrm.core.migrating.patience import Patience
from hastecrm.core.migrating.plan import Phase
from hastecrm.core.migrating.report import plan_report, table_sizes
from hastecrm.core.migrator import Migrator, connect_patiently
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.schema import MigrationFileError, bundled_migrations
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.core.termination import leave_report
from hastecrm.main.stopping import until_stopped

_EXAMPLES = """\
examples:
  hastecrm migrate --plan             what would run, which locks it takes, whether older code still works
  hastecrm migrate                    run it; the report goes to standard output and HASTECRM_TERMINATION_LOG
  hastecrm migrate --phase expand     before new code is started: only what the running code does not miss
  hastecrm migrate --phase contract   later, when no older code is left: the rest

exit code: 0 done, 1 failed (the report has the reason), 2 wrong usage or settings
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--plan", action="store_true", help="only say what would run")
    phases = [phase.value for phase in Phase]
    parser.add_argument("--phase", choices=phases, default=None, help="which migrations (all; plan: expand)")
    parser.add_argument(
        "--previous",
        type=int,
        metavar="N",
        help="with --plan: the schema version of the release that runs now (what the database has had)",
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Migrate, or with `--plan` only say what would be done."""
    try:
        report = until_stopped(_migrate(settings, options))
    except MigrationError as exc:
        return _failed(settings, exc.reason, str(exc))
    except MigrationFileError as exc:
        return _failed(settings, "MigrationFileInvalid", f"this image is broken: {exc}; take another one")
    except asyncio.CancelledError:
        return _failed(settings, "Interrupted", "it was told to stop; the next run goes on from there")
    except LOST as exc:
        return _failed(settings, DatabaseUnreachableError.reason, reason(exc))
    except asyncpg.PostgresError as exc:
        return _failed(settings, MigrationError.reason, reason(exc))
    leave_report(report, settings.termination_log)
    return 0


def _failed(settings: Settings, why: str, error: str) -> int:
    _say(f"migration failed: {error}")
    leave_report({"reason": why, "error": error}, settings.termination_log)
    return 1


async def _migrate(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    where = ConnectionOptions.of(settings, "migrate", scope=SYSTEM)
    connection = await connect_patiently(where, settings.migrate_wait, _say)
    try:
        patience = Patience(settings.migrate_lock_timeout, settings.migrate_lock_tries)
        observer = ConnectionOptions.of(settings, "migrate-observer").arguments()
        migrator = Migrator(
            bundled_migrations(), _say, patience=patience, connect=lambda: asyncpg.connect(**observer)
        )
        if options.plan:
            planned = await migrator.plan(connection, Phase(options.phase or Phase.EXPAND))
            return plan_report(planned, await table_sizes(connection), previous=options.previous)
        ran = await migrator.run(connection, Phase(options.phase or Phase.ALL))
        return {**ran.schema.as_json(), "applied": ran.applied, "deferred": ran.deferred}
    finally:
        await connection.close()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
