"""Measures one process of the CRM's API on one core and writes docs/reference/figures-app.md.

bench/service                       everything; writes the page
bench/service --only live,login     these parts again; the page keeps the others
bench/service --smoke               compares the CPU time of requests with the stored figures, in a minute
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from devcluster.errors import DevclusterError

from . import compare, footprint, live, login, million, outage, reads, rolling, smoke
from .bench import Bench, NotAvailableError, Scenario, bench
from .choice import some_of
from .machine import machine
from .program import ROOT, BenchError
from .results import Part, Row, terminal
from .store import PAGE, load, save

BUSY = 0.7  # load average before the start
BUSY_MEANWHILE = 3.0  # before a part: the bench itself makes about two
PARTS: Mapping[str, tuple[str, Scenario]] = {
    "live": ("What the layers cost", live.measure),
    "reads": ("Contacts", reads.measure),
    "million": ("Over a million contacts", million.measure),
    "login": ("Sign-ins beside reads", login.measure),
    "footprint": ("Start and memory", footprint.measure),
    "outage": ("PostgreSQL or Redis gone for 30 s", outage.measure),
    "rolling": ("Rolling restart", rolling.measure),
    "compare": ("Yardsticks of the machine", compare.measure),
}


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=_positive, default=3, help="samples of each figure (default 3)")
    parser.add_argument(
        "--contacts", type=_positive, default=100_000, help="rows in the database (default 100000)"
    )
    parser.add_argument(
        "--million", type=_positive, default=1_000_000, help="rows in the one of that part (default 1000000)"
    )
    parser.add_argument("--only", type=some_of(PARTS), default=list(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument(
        "--smoke", action="store_true", help="compare with the stored figures, exit 1 on loss"
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return value


def perform(means: Bench, name: str) -> Part:
    """Run one scenario and return its rows, or why there are none."""
    title, scenario = PARTS[name]
    means.busiest, before = 0.0, os.getloadavg()[0]
    means.say(title)
    rows: Sequence[Row] = ()
    skipped = ""
    try:
        rows = scenario(means)
    except NotAvailableError as exc:
        skipped = str(exc)
        means.say(f"  not available: {skipped}")
    rows = [row.on_a_busy_machine() for row in rows] if before > BUSY_MEANWHILE else rows
    date = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return Part(title, rows, means.busiest, date, machine(means), skipped)


def main() -> int:
    """Measure, print, write; exit 1 with one line when it cannot be done."""
    given = arguments()
    try:
        with bench(given.runs, given.contacts, given.million) as means:
            return _gate(means) if given.smoke else _measure(means, given)
    except (BenchError, DevclusterError) as exc:
        print(f"✗ {exc}", file=sys.stderr)
        return 1


def _measure(means: Bench, given: argparse.Namespace) -> int:
    if (load_average := os.getloadavg()[0]) > BUSY:
        means.say(f"the machine is busy (load average {load_average:.1f}): rates and latencies will suffer")
    parts: dict[str, Part] = {}
    for name in given.only:
        parts[name] = perform(means, name)
        save(load() | parts, order=PARTS)  # a part is not lost because a later one fails
    print(terminal(parts.values()))
    means.say(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


def _gate(means: Bench) -> int:
    means.say("comparing with the stored figures")
    return 0 if smoke.passes(means, list(load().values())) else 1
