"""Writes statuses and events: only what changed, and mere progress no more often than people can read it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.cluster import Writer
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.events import Recorder
from hastecrm_operator.engine.objects import Body, Objects, key_of
from hastecrm_operator.engine.status import Status, status_manifest
from hastecrm_operator.engine.transitions import events
from hastecrm_operator.resources.manifest import Manifest

_PROGRESS_EACH = 10.0  # seconds
_MOVING = {"Provisioning", "Migrating", "RollingOut"}
_PROGRESS = {"phase", "conditions", "api", "web", "worker", "schema"}


@dataclass(frozen=True)
class Publisher:
    """The one writer of statuses."""

    cluster: Writer
    objects: Objects
    now: Callable[[], datetime]
    recorder: Recorder
    _moved_at: dict[Key, datetime] = field(default_factory=dict)

    async def publish(self, body: Body, status: Status, *, calm: bool = False) -> float | None:
        """Write a status that differs; return the seconds to wait for one that is held back instead.

        Held back is mere progress of a `calm` object, one that needs nobody's attention.
        """
        before, key = status_before(body), key_of(body)
        if status == before:
            return None
        wait = self._wait(key) if calm and is_mere_progress(before, status) else 0.0
        if wait > 0:
            return wait
        await self._write(body, before, status)
        if status["phase"] in _MOVING:
            self._moved_at[key] = self.now()
        else:
            self._moved_at.pop(key, None)
        return None

    def _wait(self, key: Key) -> float:
        moved_at = self._moved_at.get(key)
        return _PROGRESS_EACH - (self.now() - moved_at).total_seconds() if moved_at else 0.0

    async def _write(self, body: Body, before: Status, status: Status) -> None:
        try:
            stored = await self.cluster.apply(status_manifest(body, status), subresource="status")
        except NotFoundError:
            return  # Deleted meanwhile: nobody is left to be told.
        self.objects.put(stored)
        for event in events(body, before, status, self.now()):
            await self.tell(event)

    async def tell(self, event: Manifest) -> None:
        """Record an event, if the cluster takes it."""
        await self.recorder.record(event, self.now())


def status_before(body: Body) -> Status:
    """Return the status that an object carries, empty for a new one."""
    status: Status = body.get("status") or {}
    return status


def is_mere_progress(before: Status, after: Status) -> bool:
    """Whether an object has only come nearer to being ready. Pure."""
    moving = {before.get("phase"), after["phase"]} <= _MOVING
    return moving and _rest(before) == _rest(after)


def _rest(status: Status) -> dict[str, Any]:
    return {field: value for field, value in status.items() if field not in _PROGRESS}
