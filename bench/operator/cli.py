"""Measures the operator against a real API server and writes docs/reference/figures-operator.md.

bench/operator                           everything, about 20 minutes; writes page and picture
bench/operator --only drift,steady       these parts again; the page keeps the others
bench/operator --n 1,100 --rest 60       fewer objects, a shorter rest
bench/operator --smoke                   compares 50 objects with the stored figures, in a minute
"""

import argparse
import sys
from collections.abc import Iterator

import uvloop
from bench.service.program import BenchError

from devcluster.errors import DevclusterError

from . import smoke
from .run import PARTS, SIZES, Wish, measure


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--n", type=_sizes, default=SIZES, help=f"numbers of objects (default {','.join(map(str, SIZES))})"
    )
    parser.add_argument("--only", type=_parts, default=list(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--rest", type=float, default=300, help="seconds of the steady state (default 300)")
    parser.add_argument(
        "--smoke", action="store_true", help="compare with the stored figures, exit 1 on loss"
    )
    return parser.parse_args()


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(sorted({int(part) for part in text.split(",")}))
    if sizes[0] < 1 or sizes[-1] > 10_000:
        raise argparse.ArgumentTypeError(f"{text}: numbers from 1 to 10000")
    return sizes


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(PARTS)}")
    return names


def main() -> int:
    """Measure, print, write; exit 1 with one line when it cannot be done."""
    given = arguments()
    try:
        if given.smoke:
            return 0 if uvloop.run(smoke.passes()) else 1
        uvloop.run(measure(Wish(given.n, given.only, given.rest)))
    except (BenchError, DevclusterError) as exc:
        print(f"✗ {exc}", file=sys.stderr)
        return 1
    except BaseExceptionGroup as group:
        known = [exc for exc in _leaves(group) if isinstance(exc, BenchError | DevclusterError)]
        if not known:
            raise
        print(f"✗ {known[0]}", file=sys.stderr)
        return 1
    return 0


def _leaves(exc: BaseException) -> Iterator[BaseException]:
    if isinstance(exc, BaseExceptionGroup):
        for inner in exc.exceptions:
            yield from _leaves(inner)
    else:
        yield exc
