"""Moments told by a cron expression, always in UTC, where no hour is skipped or comes twice. No I/O here."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Cron:
    """The moments of an expression such as `0 3 * * mon`: minute, hour, day of month, month, day of week.

    As in Debian's cron, lists, ranges, steps and names are understood, and where both days are given one is
    enough; `L` is the last day, `mon#2` the second Monday. Raises ValueError for what never comes.
    """

    expression: str

    def __post_init__(self) -> None:
        """Refuse now what would fail in the night."""
        if len(self.expression.split()) != _FIELDS:
            raise ValueError(f"{self.expression!r}: a cron expression has five fields")
        try:
            next(CronSim(self.expression, _SOME_TIME))
        except CronSimError as exc:
            raise ValueError(f"{self.expression!r}: {exc}") from exc
        except StopIteration as exc:
            raise ValueError(f"{self.expression!r}: this moment never comes") from exc

    def last(self, now: datetime) -> datetime:
        """Return the latest of the moments that are not after `now`."""
        # Going backwards, cronsim begins before the time it is given, but after the whole second it is in.
        within = now.replace(microsecond=now.microsecond or 1)
        return next(CronSim(self.expression, within, reverse=True))

    def next(self, moment: datetime) -> datetime:
        """Return the first of the moments that are after this one."""
        return next(CronSim(self.expression, moment))
