"""Measures dumps and restores of a large database and writes docs/reference/figures-data.md.

bench/data                        everything with 1,000,000 contacts
bench/data --only dump --runs 5   these parts again; the page keeps the others
bench/data --n 100000             fewer contacts, to try it; the page stays as it is
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from bench.service.choice import some_of
from bench.service.machine import hardware
from bench.service.program import BenchError
from bench.service.results import Part, Row, terminal

from . import drill, dump, restore, swap
from .database import DEFAULT_N, Filled, filled
from .store import load, save

# A part is a module with `measure(database, runs) -> rows`; its text on the page stands in `page.py`.
Measure = Callable[[Filled, int], Sequence[Row]]
PARTS: Mapping[str, tuple[str, Measure]] = {
    "dump": ("Dump", dump.measure),
    "restore": ("Restore", restore.measure),
    "swap": ("Swap", swap.measure),
    "drill": ("Drill", drill.measure),
}
_PACKAGES = ("zstandard", "pyrage", "aiohttp-s3-client")


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=DEFAULT_N, help=f"contacts (default {DEFAULT_N:,})")
    parser.add_argument("--only", type=some_of(PARTS), default=list(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement (default 3)")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write; exit 1 with one line when it cannot be done."""
    given = arguments()
    try:
        with filled(given.n) as database:
            measured = {name: _part(name, database, given.runs) for name in given.only}
    except BenchError as exc:
        print(f"✗ {exc}", file=sys.stderr)
        return 1
    print(terminal(measured.values()))
    if given.n == DEFAULT_N:
        save({**load(), **measured}, PARTS)
    return 0


def _part(name: str, database: Filled, runs: int) -> Part:
    title, measure = PARTS[name]
    rows = measure(database, runs)
    machine = f"{hardware(*_PACKAGES)}, PostgreSQL {database.version}"
    return Part(title, rows, os.getloadavg()[0], f"{datetime.now(UTC):%Y-%m-%d}", machine)
