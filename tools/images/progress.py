"""Lines for a person who waits: what happens now, and how long it has been going on."""

import sys
import time


class Progress:
    """Prints lines that start with the seconds since this object was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def say(self, line: str) -> None:
        """Print one line at once, also into a pipe."""
        print(f"[{self.seconds:5.0f} s] {line}", flush=True)

    def warn(self, line: str) -> None:
        """Print one line where errors go."""
        print(f"[{self.seconds:5.0f} s] {line}", file=sys.stderr, flush=True)
