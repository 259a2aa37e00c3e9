"""One point of the curve over the number of objects. No I/O here."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Point:
    """What n objects took; CPU in seconds, memory in MiB."""

    n: int
    children: int
    bare_seconds: float
    bare_apiserver_cpu: float
    seconds: float
    stable_seconds: float
    operator_cpu: float
    apiserver_cpu: float
    stable_operator_cpu: float
    stable_apiserver_cpu: float
    writes: float  # for each object, as all that follow
    status_writes: float
    reads: float
    idle: float
    peak: float
    settled: float

    @property
    def rate(self) -> float:
        """Children for each second."""
        return self.n * self.children / self.seconds

    @property
    def ceiling(self) -> float:
        """The bare client's rate."""
        return self.n * self.children / self.bare_seconds

    @property
    def ratio(self) -> float:
        """The share of the bare client's rate that the operator reaches."""
        return self.bare_seconds / self.seconds

    @property
    def cpu_ratio(self) -> float:
        """The operator's CPU time as a share of the API server's."""
        return self.operator_cpu / self.apiserver_cpu


def middle(points: Sequence[Point]) -> Point:
    """Return the median of each field over several runs."""
    return Point(**{f.name: statistics.median(getattr(p, f.name) for p in points) for f in fields(Point)})
