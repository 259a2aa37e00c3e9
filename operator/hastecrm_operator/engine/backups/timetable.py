"""When backups and drills are due by their cron expression and time zone. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError


def next_run(schedule: str, zone: str, after: datetime) -> datetime | None:
    """Return the first run after a moment, in UTC; None for a schedule that never comes (30 February)."""
    try:
        return next(CronSim(schedule.upper(), after.astimezone(ZoneInfo(zone)))).astimezone(UTC)
    except (CronSimError, StopIteration):
        return None
