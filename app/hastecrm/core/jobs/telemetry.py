"""What can be seen of the queue from outside: counters of what ran here, and a sample of what waits."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import nan
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from hastecrm.core.clock import Clock
from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError
from hastecrm.core.jobs.schedule import Schedule, lags
from hastecrm.core.logging import get_logger
from hastecrm.core.metrics import Metrics

log = get_logger()

COUNT_CAP = 1_000  # counting further would cost more than it tells
SAMPLE_EVERY = 5.0
_BUCKETS = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0)
# Hops from one kind and priority to the next, so that kinds which no worker knows are seen, too.
_DUE = f"""
WITH RECURSIVE sorts AS (
    (SELECT kind, priority FROM jobs WHERE dead_at IS NULL ORDER BY kind, priority LIMIT 1)
    UNION ALL
    SELECT next.kind, next.priority FROM sorts CROSS JOIN LATERAL (
        SELECT kind, priority FROM jobs
        WHERE dead_at IS NULL AND (kind, priority) > (sorts.kind, sorts.priority)
        ORDER BY kind, priority LIMIT 1
    ) AS next
)
SELECT coalesce(sum(due.number), 0)::int AS ready,
    coalesce(extract(epoch FROM now() - min(due.oldest)), 0)::float8 AS oldest_ready_seconds
FROM sorts CROSS JOIN LATERAL (
    SELECT count(*) AS number, min(run_at) AS oldest FROM (
        SELECT run_at FROM jobs
        WHERE dead_at IS NULL AND kind = sorts.kind AND priority = sorts.priority AND run_at <= now()
        ORDER BY run_at LIMIT {COUNT_CAP}
    ) AS first
) AS due
"""  # noqa: S608 - a constant of this module
_DEAD = f"SELECT count(*) FROM (SELECT 1 FROM jobs WHERE dead_at IS NOT NULL LIMIT {COUNT_CAP}) AS dead"  # noqa: S608


class JobMetrics:
    """The collectors of jobs that ran in this process."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._clock = clock
        registry = metrics.registry
        self._runs = Counter("hastecrm_job_runs", "Attempts at jobs.", ["kind", "outcome"], registry=registry)
        self._duration = Histogram(
            "hastecrm_job_duration_seconds",
            "Time from claim to outcome.",
            ["kind"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._success = Gauge(
            "hastecrm_job_last_success_timestamp_seconds",
            "When a kind of job last ended well.",
            ["kind"],
            registry=registry,
        )

    def record(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one attempt."""
        self._runs.labels(kind, outcome).inc()
        self._duration.labels(kind).observe(seconds)
        if outcome == "done":
            self._success.labels(kind).set(self._clock().timestamp())


@dataclass(frozen=True, slots=True)
class QueueState:
    """What waits, up to the cap, and how late things are, in seconds."""

    ready: int
    oldest_ready_seconds: float
    dead: int
    schedule_lag_seconds: Mapping[str, float] = field(default_factory=dict)


async def queue_state(connection: Any, schedules: Sequence[Schedule] = ()) -> QueueState:
    """Look at the whole queue, whichever worker will run it."""
    due, dead = await connection.fetchrow(_DUE), await connection.fetchval(_DEAD)
    return QueueState(**due, dead=dead, schedule_lag_seconds=await lags(connection, schedules))


class QueueWatch:
    """Samples the queue in the background, so that probes and scrapes read a value and wait for nothing."""

    def __init__(self, database: Database, schedules: Sequence[Schedule]) -> None:
        self._database = database
        self._schedules = schedules
        self._state: QueueState | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except CRMError:  # the database's own watch tells why
                self._state = None
            except Exception:
                self._state = None
                log.exception("the queue cannot be looked at")
            await asyncio.sleep(SAMPLE_EVERY)

    async def look(self) -> None:
        """Take one sample."""
        async with self._database.connection() as connection:
            self._state = await queue_state(connection, self._schedules)

    def report(self) -> dict[str, Any]:
        """Return the last sample for the health report; `known` is false while the database is away."""
        return {"known": False} if self._state is None else {"known": True, **asdict(self._state)}

    def add_to(self, metrics: Metrics) -> None:
        """Add the gauges; they are NaN while nothing is known."""
        names = {
            "hastecrm_jobs_ready": (
                "ready",
                f"Jobs that could run now, up to {COUNT_CAP} of each kind and priority.",
            ),
            "hastecrm_jobs_oldest_ready_seconds": ("oldest_ready_seconds", "Wait of the oldest of them."),
            "hastecrm_jobs_dead": ("dead", f"Jobs given up and kept, up to {COUNT_CAP}."),
        }
        for name, (member, text) in names.items():
            metrics.watch(name, text, self._value(member))
        lag = Gauge(
            "hastecrm_schedule_lag_seconds",
            "By how much a schedule's next start is overdue.",
            ["kind"],
            registry=metrics.registry,
        )
        for schedule in self._schedules:
            lag.labels(schedule.kind).set_function(self._lag(schedule.kind))

    def _value(self, member: str) -> Callable[[], float]:
        return lambda: nan if self._state is None else float(getattr(self._state, member))

    def _lag(self, kind: str) -> Callable[[], float]:
        return lambda: nan if self._state is None else self._state.schedule_lag_seconds.get(kind, nan)
