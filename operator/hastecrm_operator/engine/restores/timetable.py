"""When a restore is to be looked at though nothing has happened to it. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.restores.machine import undo_until
from hastecrm_operator.engine.restores.record import records

_LOOK_AGAIN = timedelta(seconds=30)  # what it waits for may belong to another HasteCRM


def restore_moments(bodies: Iterable[Body], now: datetime) -> Iterator[datetime]:
    """Yield when undo windows close, and when to look again at what waits."""
    for record in records(bodies):
        if not record.has_begun:
            yield now + _LOOK_AGAIN
        elif (until := undo_until(record.parsed)) is not None:
            yield until + timedelta(seconds=1)
