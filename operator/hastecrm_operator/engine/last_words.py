"""The last log lines of containers in trouble, secrets masked: read once for each, and remembered."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from hastecrm_operator.api.reasons import Workloads
from hastecrm_operator.api.status import Blocker
from hastecrm_operator.engine.blocking import Cause
from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.cluster import Reader
from hastecrm_operator.engine.containers import ContainerTrouble
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.masking import mask

log = structlog.get_logger()

_LINES: Final = 20
_LONGEST: Final = 1500  # characters
_REMEMBERED: Final = 256
_PATIENCE: Final = timedelta(seconds=30)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_AT_ONCE: Final = 3  # requests for one look at one object
_SPEAKING: Final = {Workloads.CRASH_LOOP_BACK_OFF, Workloads.OUT_OF_MEMORY, Workloads.NOT_READY}

# A container that crashes again would say the same again, with another time: the status keeps still.
Spoken = tuple[str, str, Workloads, int]


class LastWords:
    """Turns causes into what the status shows, with the log lines that explain them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: OrderedDict[Spoken, str] = OrderedDict()
        self._empty: dict[Key, dict[str, datetime]] = {}

    async def blockers(self, key: Key, causes: tuple[Cause, ...], now: datetime) -> tuple[Blocker, ...]:
        """Return the causes as blockers; at most a few logs are read, the others at the next look."""
        unread = [c for c in causes if _identity(c) and _identity(c) not in self._known]
        for cause in unread[:_AT_ONCE]:
            await self._learn(key.namespace, cause)
        empty = self._empty_since(key, causes, now)
        return tuple(self._blocker(c) for c in causes if now - empty.get(c.object, _LONG_AGO) >= _PATIENCE)

    def _empty_since(self, key: Key, causes: tuple[Cause, ...], now: datetime) -> dict[str, datetime]:
        # A workload without pods says nowhere since when, and each of its pods is missing for a moment.
        before = self._empty.pop(key, {})
        without = (c.object for c in causes if c.reason is Workloads.NO_POD_MADE)
        if empty := {name: before.get(name, now) for name in without}:
            self._empty[key] = empty
        return empty

    async def _learn(self, namespace: str, cause: Cause) -> None:
        identity = _identity(cause)
        if identity is None or cause.trouble is None:
            return
        words = cause.trouble.words or await self._read(namespace, cause, cause.trouble)
        self._known[identity] = _shortened(mask(words))
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _read(self, namespace: str, cause: Cause, trouble: ContainerTrouble) -> str:
        try:
            return await self._reader.log(
                namespace, cause.pod, trouble.container, lines=_LINES, previous=trouble.restarted
            )
        except APIError as exc:
            log.info("the log of a container cannot be read", pod=cause.pod, error=str(exc))
            return ""

    def _blocker(self, cause: Cause) -> Blocker:
        identity = _identity(cause)
        return Blocker(
            object=cause.object,
            pod=cause.pod or None,
            container=cause.trouble.container if cause.trouble else None,
            reason=cause.reason,
            message=mask(cause.message),
            fix=cause.fix,
            log=(self._known.get(identity) if identity else None) or None,
            since=cause.since or None,
        )


def _identity(cause: Cause) -> Spoken | None:
    if cause.trouble is None or cause.reason not in _SPEAKING:
        return None
    return cause.uid, cause.trouble.container, cause.reason, cause.trouble.exit_code


def _shortened(text: str) -> str:
    lines = text.strip().splitlines()[-_LINES:]
    whole = "\n".join(lines)
    return whole if len(whole) <= _LONGEST else f"…{whole[-_LONGEST:]}"


def kept(now: Sequence[Blocker], before: Sequence[Blocker]) -> tuple[Blocker, ...]:
    """Return what blocks now, and what still did when its pod went, unless the same object says more now."""
    spoken = {blocker.object for blocker in now}
    return (*now, *(old for old in before if old.object not in spoken))
