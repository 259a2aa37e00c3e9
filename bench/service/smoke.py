"""The gate against slow changes: a request's CPU time relative to the reference, against the stored ratio."""

from collections.abc import Iterator, Sequence

from . import live, million, reads
from .bench import Bench
from .program import BenchError
from .results import Part, Row, regressions
from .stack import stack

LIVE_RUNS, READ_RUNS = 3, 2
LIVE_SECONDS, READ_SECONDS = 1.2, 1.2
CONTACTS = 1_000  # CPU time of the API does not depend on how many more there are
# Of the cases over a million contacts those whose answers are as large with so many.
FULL, FULL_CONTACTS = ("list", "new-contact", "board", "move", "graphql"), 10_000
ALLOWED = 1.2


def passes(bench: Bench, stored: Sequence[Part]) -> bool:
    """Measure, print each compared ratio, and return whether none of them has grown too much."""
    before = [row for part in stored for row in part.rows if row.gate]
    if not before:
        raise BenchError("no figures are stored yet: run `make bench-app` first")
    rows = measure(bench)
    print("\n".join(f"  {row.what.replace('`', '')}: {row.floor or 0:.2f} x the reference" for row in rows))
    worse = regressions(rows, before, ALLOWED)
    for what, now, was in worse:
        print(f"✗ {what.replace('`', '')}: {now:.2f} x the reference, stored {was:.2f}")
    return not worse


def measure(bench: Bench) -> list[Row]:
    """Return the rows that are compared, from short samples."""
    with stack(bench.cores, CONTACTS) as servers:
        samples = live.at_equal_load(bench, live.start(servers), LIVE_RUNS, LIVE_SECONDS)
        servers.end_programs()
        pair = reads.start(servers, CONTACTS)
        seen = {name: reads.Seen() for name in (reads.PAGE, reads.ONE, reads.CREATE)}
        for _ in range(READ_RUNS):
            for name, found in seen.items():
                reads.at_equal_load(bench, servers, pair, (name, found), READ_SECONDS)
    rows = [*live.costs(samples), *(reads.cost(name, found) for name, found in seen.items())]
    return [row for row in [*rows, *_of_the_features(bench)] if row.gate]


def _of_the_features(bench: Bench) -> Iterator[Row]:
    with stack(bench.cores, FULL_CONTACTS, million.COLLEAGUES) as servers:
        ours, bare, cases = million.start(servers)
        for case in cases:
            if case.name in FULL:
                million.saturate(bench, (ours, bare), case, seen := million.Seen())
                yield million.cost(case, seen)
