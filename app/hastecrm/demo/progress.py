"""Says how far it is, now and then."""

import time
from typing import Final, TextIO

_EVERY: Final = 2.0  # seconds


class Progress:
    """Speaks to one stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said = self._started = time.monotonic()

    def step(self, what: str, done: int, of: int) -> None:
        """Say how many of how many are done, if it was not said just now."""
        if time.monotonic() - self._said >= _EVERY:
            self.say(f"{what}: {done:,} of {of:,}")

    def say(self, text: str) -> None:
        """Say it."""
        self._said = time.monotonic()
        self._stream.write(f"{self._said - self._started:6.1f} s  {text}\n")
        self._stream.flush()
