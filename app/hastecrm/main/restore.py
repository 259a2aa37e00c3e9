"""`hastecrm restore`: bring a dump back into a database beside the one in use, which stays as it is."""

import argparse
from typing import Any

from hastecrm.core.settings import Settings
from hastecrm.dumps.manifest import Manifest
from hastecrm.dumps.opening import catalogue_of
from hastecrm.main.restoring import restore_of, run_work, server_of

_EXAMPLES = """\
examples:
  hastecrm restore --name acme-20260101t020000z --check                               can it be restored?
  hastecrm restore --name acme-20260101t020000z --into hastecrm_restore_1             restore it
  hastecrm verify --name acme-20260101t020000z --database hastecrm_restore_1          is it what was dumped?
  hastecrm swap --with hastecrm_restore_1 --keep-as hastecrm_before_1                 use it
  hastecrm swap --with hastecrm_before_1 --keep-as hastecrm_undone_1 --undo           back again

A new database's name begins as that of the one in use and ends in _restore_ and letters or digits.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--name", required=True, help="name of the dump; `hastecrm backups list` shows them")
    parser.add_argument("--into", metavar="DATABASE", help="name of the new database")
    parser.add_argument("--check", action="store_true", help="only say whether it could be restored")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Restore, or with `--check` only look."""
    if options.check == (options.into is not None):
        raise SystemExit("hastecrm restore: give either --check or --into DATABASE")
    return run_work(settings, _restore(settings, options.name, options.into))


async def _restore(settings: Settings, name: str, database: str | None) -> dict[str, Any]:
    async with catalogue_of(settings) as catalogue:
        restore = restore_of(settings, catalogue, server_of(settings))
        manifest = await restore.find(name)
        if database is None:
            await restore.require_permitted()
            return _facts(manifest)
        seconds = await restore.into(database, manifest)
        return {**_facts(manifest), "database": database, "seconds": round(seconds, 3)}


def _facts(manifest: Manifest) -> dict[str, Any]:
    return {
        "name": manifest.name,
        "takenAt": manifest.taken_at.isoformat(),
        "bytes": manifest.size,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "schema": manifest.schema_.model_dump(by_alias=True),
        "encrypted": manifest.encrypted,
    }
