"""`hastecrm backup`: dump the database to where dumps are kept, and report it."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hastecrm.core.clock import utc_now
from hastecrm.core.settings import Settings
from hastecrm.core.termination import leave_report
from hastecrm.dumps.backup import back_up
from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.errors import DumpError
from hastecrm.dumps.interruption import run_until_told
from hastecrm.dumps.manifest import Manifest, name_of
from hastecrm.dumps.opening import catalogue_of
from hastecrm.dumps.report import failure_of, report_of
from hastecrm.dumps.retention import Rules, superfluous
from hastecrm.main.exit_codes import FAILED, NEVER

_EXAMPLES = """\
examples:
  hastecrm backup                            dump to HASTECRM_BACKUP_DIRECTORY, or the bucket that is set
  hastecrm backup --prefix acme --prune      call it acme-20261127t020000z, then remove what no rule keeps
  hastecrm backup --name before-the-import   call it so; a whole dump of that name is never written again

With HASTECRM_BACKUP_KEY_FILE the dump is encrypted. By hand it is read with
  age -d -i KEY NAME.dump.zst.age | zstd -d | pg_restore -d DATABASE

Progress goes to standard error, the report as JSON to standard output and HASTECRM_TERMINATION_LOG.
exit code: 0 there is a whole dump; 1 there is none (the report says why), and another run may do better;
65 each further run would fail as well until somebody acts; 2 wrong usage or settings
"""
_UNRECORDED_FOR = timedelta(days=1)  # longer than any run lasts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    names = parser.add_mutually_exclusive_group()
    names.add_argument("--name", help="what to call the dump")
    names.add_argument(
        "--prefix",
        default="hastecrm",
        help="call it this and the time, as in acme-20261127t020000z (hastecrm)",
    )
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="begin so much later (0)")
    parser.add_argument("--prune", action="store_true", help="afterwards remove what need not be kept")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Dump; return 0 when there is a whole dump."""
    try:
        report = run_until_told(_run(settings, options))
    except DumpError as exc:
        _say(f"no backup: {exc}")
        leave_report(failure_of(exc), settings.termination_log)
        return NEVER if exc.lasts else FAILED
    leave_report(report, settings.termination_log)
    return 0


async def _run(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    await asyncio.sleep(options.delay)  # A schedule of many installations must not be a herd.
    name = options.name or name_of(options.prefix, utc_now())
    async with catalogue_of(settings) as catalogue:
        manifest = await back_up(settings, catalogue, name, _say)
        _say(f"{name}: {manifest.size:,} bytes, {manifest.rows:,} rows in {manifest.seconds:.1f} s")
        return await _tidied(settings, catalogue, manifest, prune=options.prune)


async def _tidied(
    settings: Settings, catalogue: Catalogue, manifest: Manifest, *, prune: bool
) -> dict[str, Any]:
    """Remove what may go, and report; the dump is good whether that succeeds or not."""
    pruned: Sequence[str] = []
    warning = None
    contents = await catalogue.read()
    try:
        if prune:
            pruned = await _pruned(settings, catalogue, contents.manifests)
            contents = await catalogue.read()
    except DumpError as exc:
        warning = f"old dumps could not be removed: {exc}"
        _say(warning)
    for name, wrong in contents.damaged:
        _say(f"{name} is no whole dump: {wrong}")
    report = report_of(manifest, catalogue, contents, pruned)
    return report if warning is None else {**report, "warning": warning[:90]}


async def _pruned(settings: Settings, catalogue: Catalogue, manifests: Sequence[Manifest]) -> Sequence[str]:
    rules = Rules(settings.backup_keep_last, settings.backup_keep_daily, settings.backup_keep_weekly)
    names = [each.name for each in superfluous(manifests, rules)]
    for name in names:
        await catalogue.remove(name)
        _say(f"removed {name}: newer dumps cover it")
    for key in await catalogue.remove_orphans(utc_now() - _UNRECORDED_FOR):
        _say(f"removed {key}: a run that died left it behind")
    return names


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
