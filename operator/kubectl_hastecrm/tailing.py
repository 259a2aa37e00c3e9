"""Follows the logs of pods that come and go: each container once, from where it was left."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import APIError, ExpiredError, NotFoundError, UnavailableError
from hastecrm_operator.engine.kinds import POD
from kubectl_hastecrm.session import Session
from kubectl_hastecrm.views.logs import Line

_AGAIN: Final = 1.0  # seconds until a container that ended, or has not begun, is asked again
_ENDS: Final = {"Succeeded", "Failed"}
Options = Mapping[str, str]


def containers(pod: JSON) -> list[str]:
    """Return all containers of a pod, those that prepare it first."""
    spec = pod["spec"]
    return [c["name"] for part in ("initContainers", "containers") for c in spec.get(part, ())]


def has_begun(pod: JSON, container: str) -> bool:
    """Whether a container has run, so that there is something to read."""
    status = pod.get("status", {})
    known = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    states = [c.get("state", {}) | c.get("lastState", {}) for c in known if c["name"] == container]
    return any("running" in state or "terminated" in state for state in states)


@dataclass
class Tail:
    """Puts the lines of all pods of a selection into one queue."""

    session: Session
    selector: str
    options: Options
    wanted: Callable[[JSON], bool]
    lines: asyncio.Queue[Line] = field(default_factory=asyncio.Queue)
    _tasks: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    _pods: dict[str, JSON] = field(default_factory=dict)

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            while True:
                with suppress(ExpiredError, UnavailableError):
                    await self._watch()
                await asyncio.sleep(_AGAIN)
        finally:
            for task in self._tasks.values():
                task.cancel()

    async def _watch(self) -> None:
        async for event, pod in self.session.client.follow(POD, self.selector, self.session.namespace, 0):
            if event in {"ADDED", "MODIFIED"} and self.wanted(pod):
                self._see(pod)
            elif event == "DELETED":
                self._pods.pop(pod["metadata"]["uid"], None)

    def _see(self, pod: JSON) -> None:
        uid = pod["metadata"]["uid"]
        self._pods[uid] = pod
        for container in containers(pod):
            if (uid, container) not in self._tasks and has_begun(pod, container):
                self._tasks[uid, container] = asyncio.create_task(self._follow(uid, container))

    async def _follow(self, uid: str, container: str) -> None:
        last, name = "", self._pods[uid]["metadata"]["name"]
        while True:
            async for line in self._since(name, container, last):
                last = line.time
                await self.lines.put(line)
            if uid not in self._pods or self._pods[uid].get("status", {}).get("phase") in _ENDS:
                return
            await asyncio.sleep(_AGAIN)

    async def _since(self, pod: str, container: str, last: str) -> AsyncIterator[Line]:
        # Times of the API are whole seconds, so the lines of the last one come once more.
        start = {"sinceTime": f"{last[:19]}Z"} if last else dict(self.options)
        options: dict[str, Any] = {"container": container, "follow": "true", "timestamps": "true", **start}
        try:
            async for text in self.session.client.lines_of(self.session.namespace, pod, options):
                line = Line.parse(pod, container, text)
                if line.time > last:
                    yield line
        except (NotFoundError, UnavailableError):
            return
        except APIError as exc:
            if exc.status != 400:  # It has not begun yet.
                raise
