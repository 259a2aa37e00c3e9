"""When something falls due that no watch tells of. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.children import Children
from hastecrm_operator.engine.credentials import marks, patience, wishes
from hastecrm_operator.engine.facts import SecretContent
from hastecrm_operator.engine.kinds import SECRET
from hastecrm_operator.engine.rotation import due, time
from hastecrm_operator.resources.rotation import IDLE, RETIRING

_AHEAD = timedelta(days=1)  # until then comes a resync: no object needs a timer for weeks


def next_due(
    crm: HasteCRM, children: Children, now: datetime, also: Iterable[datetime] = ()
) -> datetime | None:
    """Return when within a day the object is to be looked at, though nothing may have changed."""
    moments = [*also, *_of_rotation(crm, children, now), *_of_certificate(crm, children, now)]
    return min((moment for moment in moments if now < moment < now + _AHEAD), default=None)


def _of_rotation(crm: HasteCRM, children: Children, now: datetime) -> Iterator[datetime]:
    wished = wishes(crm)
    for mark in marks(crm, children).values():
        since = time(mark.since, now)
        if mark.phase == RETIRING:
            yield since + wished.overlap
        elif mark.phase != IDLE:
            yield since + patience(crm)  # from then on it is told as stuck
        elif wished.every:
            yield due(mark, wished, now)
            yield due(mark, wished, now) + patience(crm)


def _of_certificate(crm: HasteCRM, children: Children, now: datetime) -> Iterator[datetime]:
    name = names.child(crm.metadata.name, names.STORES_TLS)
    record = children.get(SECRET, crm.metadata.namespace, name)
    if record and isinstance(record.facts, SecretContent):
        yield time(record.facts.renew_after, now)
