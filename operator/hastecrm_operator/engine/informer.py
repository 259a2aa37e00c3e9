"""Keeps the children of one kind up to date: list, then watch; a relist notices what was missed."""

import asyncio
import random
import sys

import structlog

from hastecrm_operator.api.names import MANAGED_SELECTOR
from hastecrm_operator.engine.children import Child, ChildID, Children, child
from hastecrm_operator.engine.cluster import JSON, Source
from hastecrm_operator.engine.errors import APIError, ExpiredError, KindNotInstalledError, RejectedError
from hastecrm_operator.engine.kinds import Kind
from hastecrm_operator.telemetry.metrics import Metrics

log = structlog.get_logger()
_LONGEST_PAUSE = 30.0
_REFUSED_PAUSE = 60.0  # a definition may be installed, a permission be granted: nothing tells us
_LATEST = sys.maxsize


class Informer:
    """Watches one kind in one namespace ("" for all) and tells `children` what it sees."""

    def __init__(
        self, kind: Kind, source: Source, children: Children, metrics: Metrics, *, namespace: str = ""
    ) -> None:
        self.kind = kind
        self.namespace = namespace
        self.synced = asyncio.Event()
        self.last_heard = asyncio.get_running_loop().time()
        self._source = source
        self._children = children
        self._metrics = metrics
        self._version = 0
        self._pause = 0.0

    async def run(self) -> None:
        """List and watch until cancelled; every failure is answered by another try."""
        while True:
            try:
                await self._follow()
            except ExpiredError:
                self._version = 0
            except (KindNotInstalledError, RejectedError) as refusal:
                self._do_without(refusal)
                await asyncio.sleep(_REFUSED_PAUSE)
            except (APIError, TimeoutError, OSError) as exc:
                await self._wait_after(exc)
            self._metrics.watch_restarts.labels(self.kind.name).inc()

    async def _follow(self) -> None:
        if not self._version:
            await self._relist()
        stream = self._source.watch(self.kind, MANAGED_SELECTOR, self.namespace, self._version)
        async for event, live in stream:
            self._heard()
            self._take(event, live)

    async def _relist(self) -> None:
        records: list[Child] = []
        async for items, version in self._source.list_pages(self.kind, MANAGED_SELECTOR, self.namespace):
            records += [child(self.kind, item) for item in items]  # projected page by page
            self._version = version
        self._children.replace(self.kind, records, self._version, self.namespace)
        self._children.set_watchable(self.kind, self.namespace)
        self._heard()
        self.synced.set()

    def _take(self, event: str, live: JSON) -> None:
        meta = live["metadata"]
        self._version = int(meta["resourceVersion"])
        if event == "DELETED":
            self._children.remove(
                ChildID(self.kind.name, meta.get("namespace", ""), meta["name"]), self._version
            )
        elif event != "BOOKMARK":
            self._children.put(child(self.kind, live))

    def _do_without(self, refusal: APIError) -> None:
        self._version = 0
        if isinstance(refusal, KindNotInstalledError) and self.kind.optional:
            self._children.replace(self.kind, (), _LATEST, self.namespace)
        else:
            log.error("kind cannot be watched", kind=self.kind.name, error=str(refusal))
        self._children.set_watchable(self.kind, self.namespace, refusal)
        self._heard()
        self.synced.set()

    def _heard(self) -> None:
        self.last_heard = asyncio.get_running_loop().time()
        self._pause = 0.0

    async def _wait_after(self, exc: Exception) -> None:
        self._pause = min(_LONGEST_PAUSE, max(0.5, self._pause * 2))
        log.warning("watch interrupted", kind=self.kind.name, error=str(exc), pause=self._pause)
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
