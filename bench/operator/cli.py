"""Measures the operator against a real API server and writes docs/reference/figures-operator.md.

bench/operator                           everything, about 20 minutes; writes page and picture
bench/operator --only drift,steady       these parts again; the page keeps the others
bench/operator --n 1,100 --rest 60       fewer objects, a shorter rest
bench/operator --smoke                   compares 50 objects with the stored figures, in a minute
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterator

import uvloop
from bench.service.choice import some_of
from bench.service.program import BenchError

from devcluster.errors import DevclusterError

from . import smoke
from .plane import alone
from .run import PARTS, SIZES, Wish, measure


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--n", type=_sizes, default=SIZES, help=f"numbers of objects (default {','.join(map(str, SIZES))})"
    )
    parser.add_argument("--only", type=some_of(PARTS), default=list(PARTS), help=f"some of {','.join(PARTS)}")
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


def main() -> int:
    """Measure, print, write; exit 1 with one line when it cannot be done."""
    given = arguments()
    try:
        with alone():
            return 0 if uvloop.run(_perform(given)) else 1
    except (BenchError, DevclusterError) as exc:
        return _failed(exc)
    except (asyncio.CancelledError, KeyboardInterrupt):
        return _failed("interrupted; what it had started is gone")
    except BaseExceptionGroup as group:
        known = [exc for exc in _leaves(group) if isinstance(exc, BenchError | DevclusterError)]
        if not known:
            raise
        return _failed(known[0])


async def _perform(given: argparse.Namespace) -> bool:
    if task := asyncio.current_task():  # so that processes and control plane are ended as after Ctrl-C
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if given.smoke:
        return await smoke.passes()
    await measure(Wish(given.n, given.only, given.rest))
    return True


def _failed(why: object) -> int:
    print(f"✗ {why}", file=sys.stderr)
    return 1


def _leaves(exc: BaseException) -> Iterator[BaseException]:
    if isinstance(exc, BaseExceptionGroup):
        for inner in exc.exceptions:
            yield from _leaves(inner)
    else:
        yield exc
