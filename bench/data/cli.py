"""Measures dumps, restores and releases, and writes docs/reference/figures-data.md.

bench/data                        everything with 1,000,000 contacts
bench/data --only dump --runs 5   these parts again; the page keeps the others
bench/data --only release         on real pods: of HASTECRM_TEST_KUBECONFIG, else of a cluster of its own
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

from . import drill, dump, release, restore, swap
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
# These need no database of ours: `measure(runs) -> rows`.
ON_PODS: Mapping[str, tuple[str, Callable[[int], Sequence[Row]]]] = {"release": ("Release", release.measure)}
ALL = (*PARTS, *ON_PODS)
_PACKAGES = ("zstandard", "pyrage", "aiohttp-s3-client")


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=DEFAULT_N, help=f"contacts (default {DEFAULT_N:,})")
    parser.add_argument("--only", type=some_of(ALL), default=list(ALL), help=f"some of {','.join(ALL)}")
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement (default 3)")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write; exit 1 with one line when it cannot be done."""
    given = arguments()
    try:
        measured = _on_a_database(given) | _on_pods(given)
    except BenchError as exc:
        print(f"✗ {exc}", file=sys.stderr)
        return 1
    print(terminal(measured.values()))
    if given.n == DEFAULT_N:
        save({**load(), **measured}, ALL)
    return 0


def _on_a_database(given: argparse.Namespace) -> dict[str, Part]:
    wanted = [name for name in given.only if name in PARTS]
    if not wanted:
        return {}
    with filled(given.n) as database:
        return {name: _part(name, database, given.runs) for name in wanted}


def _on_pods(given: argparse.Namespace) -> dict[str, Part]:
    return {
        name: _as_part(title, measure(given.runs), hardware("kopf"))
        for name, (title, measure) in ON_PODS.items()
        if name in given.only
    }


def _part(name: str, database: Filled, runs: int) -> Part:
    title, measure = PARTS[name]
    machine = f"{hardware(*_PACKAGES)}, PostgreSQL {database.version}"
    return _as_part(title, measure(database, runs), machine)


def _as_part(title: str, rows: Sequence[Row], machine: str) -> Part:
    return Part(title, rows, os.getloadavg()[0], f"{datetime.now(UTC):%Y-%m-%d}", machine)
