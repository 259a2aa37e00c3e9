"""How the newest restore of one HasteCRM ended, for its metrics. Pure."""

from collections.abc import Iterable
from datetime import datetime

from hastecrm_operator.api.conditions import READY
from hastecrm_operator.api.durations import seconds
from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.restores.record import Record, records
from hastecrm_operator.telemetry.restores import Ended


def newest_end(bodies: Iterable[Body]) -> Ended | None:
    """Return how the restore ended that has ended last; None if none has, or they were all deleted."""
    ended = [record for record in records(bodies) if record.parsed.status.finished_at is not None]
    newest = max(ended, key=lambda record: record.parsed.status.finished_at or "", default=None)
    return _of(newest) if newest else None


def _of(record: Record) -> Ended:
    status = record.parsed.status
    finished = _epoch(status.finished_at)
    reasons = [condition.reason for condition in status.conditions if condition.type == READY]
    return Ended(
        result=status.phase or "",
        reason=next(iter(reasons), ""),
        finished=finished,
        duration=finished - _epoch(status.started_at) if status.started_at else None,
        outage=seconds(status.outage) if status.outage else None,
    )


def _epoch(moment: str | None) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
