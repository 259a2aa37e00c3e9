"""Keeps every object reconciled: informers and Kopf ask for looks, workers take them."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.cluster import Source
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.informer import Informer
from hastecrm_operator.engine.kinds import HASTECRM
from hastecrm_operator.engine.objects import Body, Objects, key_of
from hastecrm_operator.engine.queue import WorkQueue
from hastecrm_operator.engine.reconcile import Reconciler, Result
from hastecrm_operator.telemetry.metrics import Metrics

log = structlog.get_logger()

_DEAF_AFTER = 240.0  # seconds; bookmarks come about each minute
_PHASES = ("Ready", "Paused", "Failed", "Degraded", "Provisioning", "Migrating", "RollingOut", "Invalid")


@dataclass
class Controller:
    """The running operator, apart from Kopf and HTTP."""

    objects: Objects
    queue: WorkQueue[Key]
    informers: list[Informer]
    reconciler: Reconciler
    source: Source
    namespaces: tuple[str, ...]
    metrics: Metrics
    clock: Callable[[], float]

    def observe(self, event: str | None, body: Body) -> None:
        """Take in what a watch says about an object (Kopf's event types: None is its first listing)."""
        key = key_of(body)
        if event == "DELETED":
            self._forget(key)
        elif self.objects.put(body):
            self.queue.forgive(key)
            self.queue.add(key)

    async def run_informers(self) -> None:
        """Watch the children until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self.informers:
                group.create_task(informer.run())

    async def run_workers(self, count: int, resync: float) -> None:
        """Reconcile until cancelled: at most `count` objects at once, all of them each `resync` seconds."""
        for informer in self.informers:
            await informer.synced.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resync(resync))
            for _ in range(count):
                group.create_task(self._work())

    def is_synced(self) -> bool:
        """Whether every informer has seen its first list."""
        return all(informer.synced.is_set() for informer in self.informers)

    def deaf_watches(self) -> list[str]:
        """Return the kinds whose watch has been silent for longer than a living one can be."""
        now = self.clock()
        return [i.kind.plural for i in self.informers if now - i.last_heard > _DEAF_AFTER]

    async def _work(self) -> None:
        while True:
            key = await self.queue.take()
            self.metrics.queue_depth.set(len(self.queue))
            with structlog.contextvars.bound_contextvars(namespace=key.namespace, object=key.name):
                await self._reconcile(key)
            self.queue.done(key)

    async def _reconcile(self, key: Key) -> None:
        started = self.clock()
        try:
            result = await self.reconciler.reconcile(key)
        except APIError as exc:
            delay = self.queue.retry(key, at_least=exc.retry_after or 0.0)
            log.warning("reconcile interrupted", error=str(exc), retry_in=round(delay, 1))
            self._measure("unavailable", started)
        except Exception:
            # A bug in one reconcile must not take the other objects' workers with it.
            delay = self.queue.retry(key)
            log.exception("reconcile failed", retry_in=round(delay, 1))
            self._measure("error", started)
        else:
            self._finish(key, result, started)

    def _finish(self, key: Key, result: Result, started: float) -> None:
        self.queue.forgive(key)
        if result.look_again is not None:
            self.queue.add_after(key, result.look_again)
        self._measure(result.phase.lower(), started)
        self._show_phase(key, result.phase)

    def _measure(self, outcome: str, started: float) -> None:
        self.metrics.reconcile_seconds.labels(outcome).observe(self.clock() - started)

    def _show_phase(self, key: Key, phase: str) -> None:
        for candidate in _PHASES:
            value = 1 if candidate == phase else 0
            self.metrics.phase.labels(key.namespace, key.name, candidate).set(value)

    def _forget(self, key: Key) -> None:
        self.objects.remove(key)
        self.queue.drop(key)
        for candidate in _PHASES:
            with suppress(KeyError):
                self.metrics.phase.remove(key.namespace, key.name, candidate)

    async def _resync(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
            try:
                await self._notice_deleted()
            except APIError as exc:
                log.warning("resync could not list the objects", error=str(exc))
            for key in self.objects.keys():  # noqa: SIM118 - not a dict
                self.queue.add(key)

    async def _notice_deleted(self) -> None:
        # Kopf never tells of an object that was deleted while its watch was being opened again.
        listed: set[Key] = set()
        for namespace in self.namespaces:
            async for page, _ in self.source.list_pages(HASTECRM, "", namespace):
                listed |= {key_of(body) for body in page}
        for key in self.objects.keep_only(listed):
            self._forget(key)
