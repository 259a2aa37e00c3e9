"""What pods have answered and how fast, as their metrics tell it. Pure: no I/O, no clock."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

Route = tuple[str, str]  # method and template
_READ: Final = (
    "hastecrm_build_info",
    "hastecrm_ready",
    'hastecrm_dependency_up{dependency="database"}',
    "process_start_time_seconds",
    "hastecrm_http_requests_total",
    "hastecrm_http_request_duration_seconds_bucket",
)
# Asked for by machines that look after the pods; and what is no address of ours.
_NO_TRAFFIC: Final = ("/health", "/metrics", "unmatched")


@dataclass(frozen=True, slots=True)
class Series:
    """Requests, how many of them failed (5xx), and how many took at most so many seconds."""

    requests: float = 0.0
    errors: float = 0.0
    within: Mapping[float, float] = field(default_factory=dict)  # as Prometheus: cumulative, up to infinity

    def plus(self, other: "Series", sign: float = 1.0) -> "Series":
        """Return both together; with the sign -1, what came after the other."""
        bounds = sorted(self.within.keys() | other.within.keys())
        within = {le: self.within.get(le, 0.0) + sign * other.within.get(le, 0.0) for le in bounds}
        return Series(self.requests + sign * other.requests, self.errors + sign * other.errors, within)

    @property
    def timed(self) -> float:
        """Requests whose time is known."""
        return self.within.get(math.inf, 0.0)

    def above(self, seconds: float) -> float:
        """Return how many requests took longer, spread evenly inside of a bucket as Prometheus does it.

        What is beyond the last bound is longer than anything.
        """
        low, below = 0.0, 0.0
        for high, count in sorted(self.within.items()):
            if seconds < high:
                share = 0.0 if math.isinf(high) else (seconds - low) / (high - low)
                return self.timed - below - share * (count - below)
            low, below = high, count
        return 0.0

    def quantile(self, share: float) -> float | None:
        """Return the seconds that this share of the requests took at most; None without any request.

        Beyond the last bound it is that bound: so long at least.
        """
        if self.timed <= 0:
            return None
        rank, low, below = share * self.timed, 0.0, 0.0
        for high, count in sorted(self.within.items()):
            if math.isinf(high):
                break
            if count >= rank and count > below:
                return low + (high - low) * (rank - below) / (count - below)
            low, below = high, count
        return low


Traffic = Mapping[Route, Series]


def together(parts: Iterable[Traffic]) -> Traffic:
    """Return the traffic of several pods as one."""
    found: dict[Route, Series] = {}
    for part in parts:
        for route, series in part.items():
            found[route] = found.get(route, Series()).plus(series)
    return found


def since(earlier: Traffic, later: Traffic) -> Traffic:
    """Return what a pod answered between two readings."""
    return {route: series.plus(earlier.get(route, Series()), -1.0) for route, series in later.items()}


def whole(traffic: Traffic) -> Series:
    """Return all routes as one series."""
    found = Series()
    for series in traffic.values():
        found = found.plus(series)
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pod told at one moment: which release it runs, since when, and what it has answered."""

    release: str
    started: float
    ready: bool
    traffic: Traffic


def read(text: str) -> Reading:
    """Return what is written in Prometheus' text format; raises ValueError for anything else."""
    single: dict[str, float] = {}
    release, routes = "", dict[Route, _Counted]()
    for name, labels, value in _samples(text):
        if name == "hastecrm_build_info":
            release = labels.get("release", "")
        elif "route" not in labels:
            single[name] = value
        elif not labels["route"].startswith(_NO_TRAFFIC):
            routes.setdefault((labels["method"], labels["route"]), _Counted()).add(labels, value)
    if "process_start_time_seconds" not in single:
        raise ValueError("these are not the metrics of HasteCRM")
    traffic = {route: counted.series() for route, counted in routes.items()}
    # Without its database no release answers well, and some pods stay ready all the same.
    ready = single.get("hastecrm_ready") == single.get("hastecrm_dependency_up", 1.0) == 1.0
    return Reading(release, single["process_start_time_seconds"], ready, traffic)


def _samples(text: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    # The parser takes a millisecond for ten lines, and most lines are about something else.
    lines = "\n".join(line for line in text.splitlines() if line.startswith(_READ)) + "\n"
    families: Iterable[Any] = text_string_to_metric_families(lines)
    for family in families:
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


@dataclass(slots=True)
class _Counted:
    requests: float = 0.0
    errors: float = 0.0
    within: dict[float, float] = field(default_factory=dict)

    def add(self, labels: Mapping[str, str], value: float) -> None:
        if "le" in labels:
            self.within[float(labels["le"])] = value
            return
        self.requests += value
        self.errors += value if labels["status"] == "5xx" else 0.0

    def series(self) -> Series:
        return Series(self.requests, self.errors, self.within)
