"""`hastecrm anonymise`: replace people by invented ones in a database that a restore made."""

import argparse
import secrets
from typing import Any

from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import revealed
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE
from hastecrm.main.restoring import run_work, say, server_of
from hastecrm.restores.anonymise.run import anonymise
from hastecrm.restores.databases import require_own
from hastecrm.restores.forward import migrate_forward

_EXAMPLES = """\
examples:
  hastecrm anonymise --database hastecrm_restore_1
  HASTECRM_ANONYMISE_KEY=$(cat key) hastecrm anonymise --database hastecrm_restore_1  the same people

Names, addresses, phone numbers, companies and titles are replaced; passwords, sessions, second factors,
waiting jobs and the details of the audit log are removed. The first workspace waits for its owner as in a new
installation (`hastecrm create-owner`). The report lists each column that was replaced, and each that could
tell something and was not.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--database", required=True, help="a restored database, never the one in use")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Anonymise it."""
    return run_work(settings, _anonymise(settings, options.database))


async def _anonymise(settings: Settings, database: str) -> dict[str, Any]:
    server = server_of(settings)
    require_own(server.live, database)
    key = revealed(settings.anonymise_key) or secrets.token_hex(32)
    async with server.inside(database) as connection:
        await migrate_forward(connection, say)
        return (await anonymise(connection, key, DEFAULT_WORKSPACE, say)).as_json()
