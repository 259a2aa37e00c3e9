"""Records events: what happens again and again is one event with a count, not one event each time."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from hastecrm_operator.engine.cluster import Writer
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.resources.manifest import Manifest

log = structlog.get_logger()

_WINDOW: Final = timedelta(minutes=10)
_REMEMBERED: Final = 1000
Identity = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    first: str
    last: datetime
    count: int = 1


@dataclass(frozen=True)
class Recorder:
    """Writes events; the same one within ten minutes of the last raises its count."""

    cluster: Writer
    _series: OrderedDict[Identity, _Series] = field(default_factory=OrderedDict)

    async def record(self, event: Manifest, now: datetime) -> None:
        """Record an event, if the cluster takes it: nothing depends on it."""
        series = self._next(event, now)
        meta = {"name": series.name, "namespace": event["metadata"]["namespace"]}
        stamped = {**event, "metadata": meta, "firstTimestamp": series.first, "count": series.count}
        try:
            await self.cluster.apply(stamped)
        except APIError as exc:
            log.warning("event was not recorded", error=str(exc))

    def _next(self, event: Manifest, now: datetime) -> _Series:
        about = event["involvedObject"]
        identity = (about["uid"], event["type"], event["reason"], event["message"])
        known = self._series.pop(identity, None)
        if known and now - known.last < _WINDOW:
            series = replace(known, last=now, count=known.count + 1)
        else:
            series = _Series(
                _name(about["name"], identity, event["firstTimestamp"]), event["firstTimestamp"], now
            )
        self._series[identity] = series
        if len(self._series) > _REMEMBERED:
            self._series.popitem(last=False)
        return series


def _name(about: str, identity: Identity, first: str) -> str:
    told = "\n".join((*identity, first)).encode()
    return f"{about}.{hashlib.blake2b(told, digest_size=8).hexdigest()}"
