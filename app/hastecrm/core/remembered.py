"""Answers that are kept for a few seconds, so that most questions ask no database. No I/O here."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

REMEMBERED: Final = 10_000  # answers; about 4 MB of principals

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """The latest answers by question; those that were on their way during a change are not kept."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self.changes = 0
        """Counts what was forgotten; to be read before an answer is asked for."""

    def get(self, question: K) -> V | None:
        """Return the answer if it is fresh."""
        known = self._known.get(question)
        return known[1] if known is not None and known[0] > self._clock() else None

    def put(self, question: K, answer: V, *, asked_at: int) -> None:
        """Keep an answer, unless something was forgotten since `changes` was `asked_at`: it may be older."""
        if asked_at != self.changes:
            return
        self._known[question] = (self._clock() + self._seconds, answer)
        self._known.move_to_end(question)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, is_meant: Callable[[K], bool]) -> None:
        """Ask anew for these questions."""
        self.changes += 1
        for question in [each for each in self._known if is_meant(each)]:
            del self._known[question]

    def forget_all(self) -> None:
        """Ask anew for every question."""
        self.changes += 1
        self._known.clear()
