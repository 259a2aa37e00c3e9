"""Who may wait for a scarce place: a bounded number; the rest is told at once to come back later.

Waiting longer than a client would is work for nobody, and a queue without an end keeps a short burst
alive for minutes (docs/adr/0006).
"""

from hastecrm.core.errors import OverloadedError


class Admission:
    """Counts who holds a place and who waits for one; knows nothing of what the places are."""

    def __init__(self, places: int, queue: int) -> None:
        self._places = places
        self._queue = queue
        self._inside = 0
        self.shed = 0  # how many were sent away, ever

    @property
    def in_use(self) -> int:
        """How many places are taken."""
        return min(self._inside, self._places)

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return max(0, self._inside - self._places)

    def enter(self) -> None:
        """Count one in, who must `leave` again; raises `OverloadedError` at once when the queue is full."""
        if self._inside >= self._places + self._queue:
            self.shed += 1
            raise OverloadedError
        self._inside += 1

    def leave(self) -> None:
        """Count one out, who got a place or gave up waiting for it."""
        self._inside -= 1
