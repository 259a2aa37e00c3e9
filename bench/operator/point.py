"""One point of the curve over the number of objects. No I/O here."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Point:
    """What n objects took; CPU in seconds, memory in MiB."""

    n: int
    children: int
    bare_seconds: float  # the bare client, writing the children and nothing else
    same_seconds: float  # the bare client, asking everything that the operator asks
    same_requests: float  # for each object
    seconds: float
    stable_seconds: float
    operator_cpu: float
    apiserver_cpu: float
    stable_operator_cpu: float
    stable_apiserver_cpu: float
    requests: float  # of the operator until all children exist, for each object, as all that follow
    writes: float
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
        """The rate of the bare client that writes nothing but children."""
        return self.n * self.children / self.bare_seconds

    @property
    def asked(self) -> float:
        """The operator's requests for each second until all children exist."""
        return self.n * self.requests / self.seconds

    @property
    def same(self) -> float:
        """The bare client's rate of the same requests."""
        return self.n * self.same_requests / self.same_seconds

    @property
    def ratio(self) -> float:
        """The share of the bare client's rate that the operator reaches, for the same requests."""
        return self.asked / self.same

    @property
    def children_ratio(self) -> float:
        """The same, where the bare client need not read, tell or write status."""
        return self.rate / self.ceiling

    @property
    def cpu_ratio(self) -> float:
        """The operator's CPU time as a share of the API server's."""
        return self.operator_cpu / self.apiserver_cpu


def middle(points: Sequence[Point]) -> Point:
    """Return the median of each field over several runs."""
    return Point(**{f.name: statistics.median(getattr(p, f.name) for p in points) for f in fields(Point)})
