"""Measures what the README and docs/reference/figures.md state, on the running cluster of `make up`.

    bench/foundation.py                      everything, about 8 minutes; writes docs/reference/figures.md
    bench/foundation.py --runs 20 --starts 5 more samples
    bench/foundation.py --only ready images a part of it, printed and not written

Each measurement uses namespaces of its own and removes them; the installation of `make up` is left alone.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import drift
import ready
import rest
import startup
from cluster import ROOT, BenchError, Cluster, find
from figures import Figure, goal, measured, page, verdict
from installation import fresh_namespace
from machine import machine

PAGE = ROOT / "docs" / "reference" / "figures.md"
PARTS = ("ready", "rest", "imports", "drift", "images")
STARTED = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress with the time since the start."""
    print(f"\033[36m{time.monotonic() - STARTED:6.1f}s\033[0m {text}", flush=True)


def measure(cluster: Cluster, given: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of the parts that were asked for."""
    if "ready" in given.only:
        say("from `kubectl apply` to Ready")
        yield from ready.figures(cluster, given.starts, say)
    if {"imports", "rest", "drift"} & set(given.only):
        yield from _one_installation(cluster, given)
    if "images" in given.only:
        yield from rest.images()


def _one_installation(cluster: Cluster, given: argparse.Namespace) -> Iterator[Figure]:
    with fresh_namespace(cluster) as installation:
        say("one installation for the rest of the figures")
        installation.apply()
        installation.settle()
        if "rest" in given.only:
            say("memory and writes at rest")
            yield from rest.figures(installation, given.runs, say)
        if "imports" in given.only:
            say("importing the programs")
            yield from startup.figures(installation, given.runs)
        if "drift" in given.only:
            say("putting drift back")
            yield from drift.figures(installation, given.runs, say)


def show(figures: Sequence[Figure]) -> str:
    """Return the figures for a terminal."""
    rows = [(f.what.replace("`", ""), measured(f), goal(f), verdict(f).strip("*")) for f in figures]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=_positive, default=10, help="samples of what is quick (default 10)")
    parser.add_argument("--starts", type=_positive, default=3, help="fresh installations (default 3)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="a part of it, not written")
    return parser.parse_args()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not a number of runs: 1 or more")
    return value


def main() -> int:
    """Measure, print, write; exit 1 with one line when it cannot be done."""
    given = arguments()
    try:
        with find() as cluster:
            on = machine(cluster)
            figures = list(measure(cluster, given))
    except BenchError as exc:
        print(f"✗ {exc}", file=sys.stderr)
        return 1
    print(f"\n{show(figures)}\n\non {on}")
    if set(given.only) == set(PARTS):
        command = (
            "make bench"
            if (given.runs, given.starts) == (10, 3)
            else " ".join(["bench/foundation.py", *sys.argv[1:]])
        )
        PAGE.write_text(page(figures, on, command, f"{datetime.now(UTC):%Y-%m-%d}"))
        say(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
