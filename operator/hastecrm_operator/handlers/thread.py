"""Kopf in a thread and an event loop of its own, started again when it ends or no longer tells anything.

It takes every task of its loop for its own, and ends for good on some answers of the API server. Neither must
reach the engine, which goes on with what its own watch shows.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import kopf
import structlog
import uvloop

from hastecrm_operator.handlers.objects import Login, Observer, registry
from hastecrm_operator.handlers.settings import kopf_settings
from hastecrm_operator.telemetry.metrics import Metrics

log = structlog.get_logger()
_LOOK_EACH = 10.0
_DEAF_AFTER = 60.0  # seconds that Kopf may keep something from us
_PAUSE = 2.0
_PATIENCE = 5.0  # seconds for its goodbye


@dataclass(frozen=True)
class KopfThread:
    """Keeps Kopf running; `lag` says for how many seconds it has kept something from us."""

    observer: Observer
    login: Login
    namespaces: Sequence[str]
    metrics: Metrics
    lag: Callable[[], float]

    async def run(self) -> None:
        """Run Kopf until cancelled."""
        while True:
            reason = await self._run_once()
            self.metrics.kopf_restarts.labels(reason).inc()
            log.error("Kopf is started again", reason=reason)
            await asyncio.sleep(_PAUSE)

    async def _run_once(self) -> str:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        started = loop.time()
        handlers = registry(_Relay(self.observer, loop), self.login)
        thread = _Thread(handlers, self.namespaces, on_end=lambda: loop.call_soon_threadsafe(ended.set))
        thread.start()
        try:
            while not ended.is_set():
                await _wait(ended, _LOOK_EACH)
                # One that has just been started needs its time to tell what the last one has not.
                if self.lag() > _DEAF_AFTER and loop.time() - started > _DEAF_AFTER:
                    return "deaf"
            return "ended"
        finally:
            thread.ask_to_stop()
            await _wait(ended, _PATIENCE)


class _Relay:
    """Hands what Kopf tells from its thread to the engine's."""

    def __init__(self, observer: Observer, loop: asyncio.AbstractEventLoop) -> None:
        self._observer = observer
        self._loop = loop

    def observe(self, event: str | None, body: dict[str, Any]) -> None:
        """Remember the body and ask for a look at it."""
        self._loop.call_soon_threadsafe(self._observer.observe, event, body)


class _Thread(threading.Thread):
    """One life of Kopf."""

    def __init__(
        self, handlers: kopf.OperatorRegistry, namespaces: Sequence[str], on_end: Callable[[], object]
    ) -> None:
        super().__init__(name="kopf", daemon=True)  # One that is stuck must not keep the process.
        self._handlers = handlers
        self._namespaces = namespaces
        self._on_end = on_end
        self._loop = uvloop.new_event_loop()
        self._asked = asyncio.Event()

    def run(self) -> None:
        """Run Kopf until it is asked to stop, or ends by itself."""
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._operate())
        except Exception:
            log.exception("Kopf failed")
        finally:
            with suppress(RuntimeError):  # The engine has gone first.
                self._on_end()

    def ask_to_stop(self) -> None:
        """Make `run` return soon."""
        with suppress(RuntimeError):  # It has ended.
            self._loop.call_soon_threadsafe(self._asked.set)

    async def _operate(self) -> None:
        await kopf.operator(
            registry=self._handlers,
            settings=kopf_settings(),
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            standalone=True,
            stop_flag=self._asked,
        )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
