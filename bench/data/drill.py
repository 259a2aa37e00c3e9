"""How long it takes to prove a dump by restoring it into a server that nobody needs."""

from collections.abc import Sequence

from bench.service.results import Row
from tests.integration.servers import PASSWORD, SUPERUSER, Postgres

from .commands import hastecrm
from .database import Filled
from .restore import dumped, report


def measure(database: Filled, runs: int) -> Sequence[Row]:
    """Prove the dump a few times; return the rows."""
    place, scratch = dumped(database), Postgres()
    scratch.use(shared_buffers="128MB", autovacuum="off", max_wal_size="4GB")
    try:
        scratch.start()
        url = f"postgresql://{SUPERUSER}:{PASSWORD}@127.0.0.1:{scratch.port}/postgres"
        turns = [hastecrm("verify", "--scratch-url", url, environment=place) for _ in range(runs)]
    finally:
        scratch.destroy()
    n = f"{database.n:,} contacts"
    return [
        Row(f"{n}: `hastecrm verify`, from nothing to proven", [t.seconds for t in turns], "s", goal=600),
        Row("RTO that it reports", [report(turn)["rtoSeconds"] for turn in turns], "s", goal=600),
        Row("Peak memory of it", [turn.peak_mib for turn in turns], "MiB", goal=100),
    ]
