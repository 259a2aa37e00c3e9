"""`hastecrm swap`: put a restored database in the place of the one in use, or back again."""

import argparse
from typing import Any

from hastecrm.core.migrating.record import database_schema
from hastecrm.core.settings import Settings
from hastecrm.main.restoring import run_work, say, server_of
from hastecrm.restores.swap import Swap

_EXAMPLES = """\
examples:
  hastecrm swap --with hastecrm_restore_1 --keep-as hastecrm_before_1          use the restored data
  hastecrm swap --with hastecrm_before_1 --keep-as hastecrm_undone_1 --undo    use the former data again
  hastecrm drop-database --database hastecrm_undone_1                          forget what is not used

While it swaps, which takes about a second, the application answers that it is being maintained. Whoever is
signed in must sign in again, but for --undo.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--with", dest="incoming", metavar="DATABASE", required=True, help="what shall be used"
    )
    parser.add_argument("--keep-as", metavar="NAME", required=True, help="what the one in use is called then")
    parser.add_argument("--undo", action="store_true", help="nobody's session ends")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Swap; a second run finds that it has been done."""
    swap = Swap(server_of(settings), options.incoming, options.keep_as, say)
    return run_work(settings, _swap(swap, signs_out=not options.undo))


async def _swap(swap: Swap, *, signs_out: bool) -> dict[str, Any]:
    done = await swap.run(signs_out=signs_out)
    outage = None if done.outage is None else round(done.outage * 1000)
    async with swap.server.inside(swap.server.live) as connection:
        schema = await database_schema(connection)
    return {"database": swap.server.live, "replaced": done.replaced, "outageMs": outage, **schema.as_json()}
