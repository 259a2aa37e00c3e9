"""What every scenario is given: cores, the generator, how often, and a way to speak."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .load import Generator
from .program import Cores
from .results import Row

_STARTED = time.monotonic()


class NotAvailableError(Exception):
    """The product does not have what this scenario measures; the message says what."""


@dataclass(slots=True)
class Bench:
    """The means of one run of the bench."""

    cores: Cores
    generator: Generator
    runs: int
    contacts: int
    million: int
    busiest: float = field(default=0.0)

    def say(self, text: str) -> None:
        """Print one line of progress with the time since the start."""
        self.busiest = max(self.busiest, load := os.getloadavg()[0])
        print(
            f"\033[36m{time.monotonic() - _STARTED:6.1f}s\033[0m {text}  \033[2m[load {load:.1f}]\033[0m",
            flush=True,
        )


Scenario = Callable[[Bench], Sequence[Row]]


@contextmanager
def bench(runs: int, contacts: int, million: int) -> Iterator[Bench]:
    """Yield the means; builds the generator when it is not there yet."""
    cores = Cores()
    with tempfile.TemporaryDirectory(prefix="hastecrm-load-") as folder:
        yield Bench(cores, Generator(cores.rest, Path(folder)), runs, contacts, million)
