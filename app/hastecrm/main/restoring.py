"""What the commands about restored databases share: progress, a report, and a word for each failure."""

import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import asyncpg

from hastecrm.core.migrating.errors import MigrationError
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.core.termination import leave_report
from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.errors import (
    DatabaseUnreachableError,
    DestinationUnreachableError,
    DumpError,
    InterruptedRunError,
)
from hastecrm.dumps.interruption import run_until_told
from hastecrm.dumps.keys import read_key
from hastecrm.dumps.postgres_tools import environment, program
from hastecrm.main.exit_codes import FAILED, NEVER
from hastecrm.restores.errors import DatabaseBusyError
from hastecrm.restores.restore import PostgresRestore, Restore
from hastecrm.restores.server import Server

Say = Callable[[str], None]
_PASSING = (DatabaseUnreachableError, DestinationUnreachableError, DatabaseBusyError, InterruptedRunError)


def run_work(settings: Settings, work: Coroutine[Any, Any, Mapping[str, Any]]) -> int:
    """Do the work and leave its report, or the reason why it failed or was told to stop."""
    try:
        report = run_until_told(work)
    except DumpError as exc:
        return _failed(settings, exc.reason, exc, FAILED if isinstance(exc, _PASSING) else NEVER)
    except MigrationError as exc:
        return _failed(settings, exc.reason, exc, FAILED)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        return _failed(settings, "DatabaseFailed", exc, FAILED)
    leave_report(report, settings.termination_log)
    return 0


def say(line: str) -> None:
    """Tell people what happens."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def server_of(settings: Settings) -> Server:
    """Return the server of the application's database, where every row is seen."""
    return Server(ConnectionOptions.of(settings, "restore", scope=SYSTEM))


def restore_of(settings: Settings, catalogue: Catalogue, server: Server) -> Restore:
    """Return what restores dumps of a catalogue to the application's server."""
    return Restore(
        catalogue,
        read_key(settings.backup_key_file),
        server,
        PostgresRestore(
            [str(program("pg_restore"))],
            lambda database: environment(settings, database=database, role="restore"),
        ),
        say,
    )


def _failed(settings: Settings, word: str, exc: Exception, code: int) -> int:
    message = reason(exc) if isinstance(exc, asyncpg.PostgresError) else str(exc)
    say(f"failed: {message}")
    leave_report({"reason": word, "error": message[:2000]}, settings.termination_log)
    return code
