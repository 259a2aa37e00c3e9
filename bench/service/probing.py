"""Asks a process as the kubelet does, once a second, while something else happens."""

import threading
import time
from types import TracebackType
from typing import Self

from .program import status

EVERY = 1.0  # seconds
LIMIT = 3.0  # seconds an answer may take, as in the pods' probes


class Probes:
    """Collects the answers of one path until the context ends."""

    def __init__(self, url: str) -> None:
        self.answers: list[tuple[float, int]] = []  # Unix time of the question, status (0: none)
        self._url = url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def failures(self) -> int:
        """How many questions were not answered with 200."""
        return sum(1 for _, answer in self.answers if answer != 200)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due += EVERY
            self.answers.append((time.time(), status(self._url, LIMIT)))
