"""What the user sees while waiting: one line per item, with elapsed seconds, on standard error."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_MARK = "•"
_TICK_SECONDS = 1.0
_LINE_EVERY_SECONDS = 30.0


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"{_MARK} {text}", file=sys.stderr, flush=True)


@contextmanager
def step(text: str, *, clock: bool = True) -> Iterator[None]:
    """Show `text` with a running clock while the block runs, and its duration at the end.

    Of several steps at once only one may have a clock: they share a line of the terminal.
    """
    started = time.monotonic()
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(text, started, done), daemon=True)
    if clock:
        ticker.start()
    outcome = "failed after"
    try:
        yield
        outcome = "done in"
    finally:
        done.set()
        if clock:
            ticker.join()
        _finish(text, f"{outcome} {time.monotonic() - started:.1f} s")


def _tick(text: str, started: float, done: threading.Event) -> None:
    # A terminal gets a live clock; a log file gets a sign of life now and then.
    live = sys.stderr.isatty()
    while not done.wait(_TICK_SECONDS if live else _LINE_EVERY_SECONDS):
        line = f"{_MARK} {text} … {time.monotonic() - started:.0f} s"
        print(f"\r\033[K{line}" if live else line, end="" if live else "\n", file=sys.stderr, flush=True)


def _finish(text: str, outcome: str) -> None:
    start = "\r\033[K" if sys.stderr.isatty() else ""
    print(f"{start}{_MARK} {text}: {outcome}", file=sys.stderr, flush=True)
