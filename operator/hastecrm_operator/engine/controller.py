"""Keeps every object reconciled: watches ask for looks, workers take them."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.errors import APIError, KindNotInstalledError
from hastecrm_operator.engine.foreign import Foreign
from hastecrm_operator.engine.informer import Informer
from hastecrm_operator.engine.intake import Intake
from hastecrm_operator.engine.queue import Priority
from hastecrm_operator.engine.reconcile import Reconciler, Result
from hastecrm_operator.telemetry.metrics import Metrics

log = structlog.get_logger()

_DEAF_AFTER = 240.0  # seconds: enough to open a watch again several times
_SLICES = 60


@dataclass
class Controller:
    """The running operator, apart from Kopf and HTTP."""

    intake: Intake
    informers: list[Informer]
    foreign: Foreign
    foreign_informers: list[Informer]
    reconciler: Reconciler
    metrics: Metrics
    clock: Callable[[], float]
    is_working: bool = False

    async def run_informers(self) -> None:
        """Watch objects and children until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self.informers:
                group.create_task(informer.run())
            for informer in self.foreign_informers:
                group.create_task(self._run_once_asked_for(informer))

    async def _run_once_asked_for(self, informer: Informer) -> None:
        await self.foreign.asked_for[informer.kind.name].wait()
        await informer.run()

    async def run_workers(self, count: int, resync: float) -> None:
        """Reconcile until cancelled: at most `count` objects at once, all of them each `resync` seconds."""
        for informer in self.informers:
            await informer.synced.wait()
        for key in self.intake.objects.keys():  # noqa: SIM118 - not a dict
            self.intake.queue.add(key, Priority.RESYNC)
        self.is_working = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._resync(resync))
                for _ in range(count):
                    group.create_task(self._work())
        finally:
            self.is_working = False
            self.metrics.objects.clear()  # the next leader tells of them

    def oldest(self) -> float:
        """Return how long an object has waited for a worker, in seconds; without workers nobody waits."""
        return self.intake.queue.oldest() if self.is_working else 0.0

    def unready(self) -> str:
        """Return what the operator cannot see yet, or may not; empty when it sees all that it should."""
        waiting = [informer.kind.plural for informer in self.informers if not informer.synced.is_set()]
        if waiting:
            return f"the first lists have not all arrived: {', '.join(waiting)}"
        refusals = [informer.refusal for informer in self.informers if informer.refusal]
        return "; ".join(r.message for r in refusals if not isinstance(r, KindNotInstalledError))

    def deaf_watches(self) -> list[str]:
        """Return the kinds whose watch is stuck, or keeps what we wrote from us though it was not cut."""
        long_ago = self.clock() - _DEAF_AFTER
        stuck = {i.kind.name for i in self.informers if i.last_sign < long_ago}
        cut = {i.kind.name for i in self.informers if i.last_cut > long_ago}
        return sorted(stuck | (self.reconciler.children.unheard(since=long_ago) - cut))

    async def _work(self) -> None:
        queue = self.intake.queue
        while True:
            turn = await queue.take()
            self.metrics.queue_wait.labels(turn.priority.name.lower()).observe(turn.waited)
            try:
                await self._look(turn.key)
            finally:
                queue.done(turn.key)

    async def _look(self, key: Key) -> None:
        names = {"namespace": key.namespace, "object": key.name, "reconcile": secrets.token_hex(4)}
        generation = self.intake.objects.generation(key)
        with (
            structlog.contextvars.bound_contextvars(**names, generation=generation),
            self.metrics.working.track_inprogress(),
        ):
            await self._reconcile(key)

    async def _reconcile(self, key: Key) -> None:
        queue, started = self.intake.queue, self.clock()
        try:
            result = await self.reconciler.reconcile(key)
        except APIError as exc:
            delay = queue.retry(key, at_least=exc.retry_after or 0.0)
            log.warning("reconcile interrupted", error=str(exc), retry_in=round(delay, 1))
            self._measure("unavailable", started)
        except Exception:
            # A bug in one reconcile must not take the other objects' workers with it.
            delay = queue.retry(key)
            log.exception("reconcile failed", retry_in=round(delay, 1))
            self._measure("error", started)
        else:
            self._finish(key, result, started)

    def _finish(self, key: Key, result: Result, started: float) -> None:
        self.intake.queue.forgive(key)
        if result.look_again is not None:
            self.intake.queue.add_after(key, result.look_again)
        self._measure(result.phase.lower(), started)
        if result.conditions:
            self.metrics.objects.set(*key, result.phase, result.conditions, result.backup, result.rejection)
            self.metrics.objects.restores.set(*key, result.restore)

    def _measure(self, outcome: str, started: float) -> None:
        self.metrics.reconcile_seconds.labels(outcome).observe(self.clock() - started)

    async def _resync(self, seconds: float) -> None:
        # A slice at a time: a thousand objects at once would keep everybody else waiting.
        while True:
            for number in range(_SLICES):
                await asyncio.sleep(seconds / _SLICES * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
                for key in self.intake.objects.keys()[number::_SLICES]:
                    self.intake.queue.add(key, Priority.RESYNC)
