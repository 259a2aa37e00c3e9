"""`hastecrm backups`: the dumps that are there, and removing one."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import orjson

from hastecrm.core.settings import Settings
from hastecrm.dumps.catalogue import Contents
from hastecrm.dumps.errors import DumpError
from hastecrm.dumps.manifest import Manifest
from hastecrm.dumps.opening import catalogue_of
from hastecrm.main.verbs import add_verb

_EXAMPLES = """\
examples:
  hastecrm backups list                              newest first
  hastecrm backups list --output json | jq -r '.dumps[0].name'
  hastecrm backups delete acme-20261127t020000z      remove a dump and its manifest
"""
_LIST_EXAMPLES = """\
examples:
  hastecrm backups list
  hastecrm backups list --output json

VERIFIED is when a dump was last proven by restoring it.
exit code: 0 all are whole, 1 the destination cannot be read, 3 some are damaged (they are named)
"""
_DELETE_EXAMPLES = """\
examples:
  hastecrm backups delete acme-20261127t020000z acme-20261126t020000z

Exit code 0 also for what was gone already.
"""
_DAMAGED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs, their options and the examples."""
    parser.epilog = _EXAMPLES
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    listing = add_verb(verbs, "list", "show the dumps that are there", _LIST_EXAMPLES)
    listing.add_argument("--output", choices=["table", "json"], default="table", help="default: table")
    delete = add_verb(verbs, "delete", "remove dumps", _DELETE_EXAMPLES)
    delete.add_argument("names", nargs="+", metavar="NAME", help="name of a dump")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Do it; return 0 when all is well."""
    try:
        if options.verb == "list":
            return asyncio.run(_list(settings, options.output))
        return asyncio.run(_delete(settings, options.names))
    except DumpError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1


async def _list(settings: Settings, output: str) -> int:
    async with catalogue_of(settings) as catalogue:
        contents = await catalogue.read()
    sys.stdout.write(_as_json(contents) if output == "json" else _as_table(contents.manifests))
    for name, wrong in contents.damaged:
        sys.stderr.write(f"{name} is no whole dump: {wrong}\n")
    return _DAMAGED if contents.damaged else 0


async def _delete(settings: Settings, names: Sequence[str]) -> int:
    async with catalogue_of(settings) as catalogue:
        for name in names:
            await catalogue.remove(name)
            sys.stdout.write(f"{name}: removed\n")
    return 0


def _as_json(contents: Contents) -> str:
    told = {
        "dumps": [orjson.loads(each.as_json()) for each in contents.manifests],
        "damaged": [{"name": name, "error": wrong} for name, wrong in contents.damaged],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n"


def _as_table(manifests: Sequence[Manifest]) -> str:
    if not manifests:
        return "no dumps\n"
    head = ("NAME", "TAKEN (UTC)", "BYTES", "ROWS", "SCHEMA", "ENCRYPTED", "VERIFIED")
    rows = [head, *(_row(each) for each in manifests)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)


def _row(manifest: Manifest) -> tuple[str, ...]:
    verified = manifest.verified_at
    return (
        manifest.name,
        f"{manifest.taken_at:%Y-%m-%d %H:%M:%S}",
        f"{manifest.size:,}",
        f"{manifest.rows:,}",
        str(manifest.schema_.version),
        "yes" if manifest.encrypted else "no",
        "never" if verified is None else f"{verified:%Y-%m-%d %H:%M}",
    )
