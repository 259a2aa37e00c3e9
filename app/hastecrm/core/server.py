"""The life of a serving process: ports open, work goes on, SIGTERM comes, nothing is lost on the way out."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import http_parser, web

from hastecrm.core.health import Health
from hastecrm.core.logging import get_logger
from hastecrm.core.protocol import ProblemRunner
from hastecrm.core.unhandled import Unhandled

log = get_logger()

Closer = Callable[[], Awaitable[None]]
_STUBBORN_SECONDS = 2.0  # more than all work has to end in; whatever needs longer must not keep the process
KEEPALIVE_SECONDS = 75.0  # longer than the usual proxy keeps an idle connection


@dataclass(frozen=True, slots=True)
class Listener:
    """An application and the port that it answers on."""

    app: web.Application
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that one role runs: ports, background work, and what to close at the end, in order."""

    health: Health
    probes: Listener
    public: Listener | None
    background: Sequence[Callable[[], Coroutine[Any, Any, None]]]
    closers: Sequence[Closer]
    drain_seconds: float
    shutdown_seconds: float
    unhandled: Unhandled = field(default_factory=Unhandled)


class Process:
    """A service that runs: what was started is ended in order."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tasks: list[asyncio.Task[None]] = []
        self._probes: web.AppRunner | None = None
        self._public: web.AppRunner | None = None

    async def start(self) -> None:
        """Open the probes' port first, then begin the work; raises OSError when a port is taken."""
        try:
            await self._open()
        except OSError:
            await self._close()
            raise

    async def _open(self) -> None:
        service = self._service
        service.unhandled.install()
        self._probes = await _listen(service.probes, shutdown_seconds=1)
        self._tasks = [start_background(work, service.unhandled) for work in service.background]
        if service.public is not None:
            self._public = await _listen(service.public, service.shutdown_seconds)
        log.info("serving", probes=service.probes.port, port=service.public and service.public.port)

    async def stop(self) -> None:
        """Turn unready, go on serving for a while, finish what is in flight, close everything."""
        service = self._service
        service.health.draining = True
        log.info("draining", seconds=service.drain_seconds)
        # Endpoints are removed while SIGTERM is delivered, so requests still come for a moment.
        await asyncio.sleep(service.drain_seconds)
        if self._public is not None:
            await self._public.cleanup()
        await self._close()
        log.info("stopped")

    async def _close(self) -> None:
        await self._end_background()
        for close in self._service.closers:
            await close()
        if self._probes is not None:
            await self._probes.cleanup()

    async def _end_background(self) -> None:
        for task in self._tasks:
            task.cancel()
        limit = self._service.shutdown_seconds + _STUBBORN_SECONDS
        _, stubborn = await asyncio.wait(self._tasks, timeout=limit) if self._tasks else (set(), set())
        for task in stubborn:
            log.error("background work does not end", work=str(task.get_coro()), stack=str(task.get_stack()))


async def serve(service: Service) -> None:
    """Run until SIGTERM or SIGINT, then leave in order; a second signal leaves at once."""
    stop = _stop_signal()
    process = Process(service)
    await process.start()
    await stop.wait()
    await process.stop()


def has_fast_parser() -> bool:
    """Whether aiohttp's C parser is there; the Python one has had request smuggling holes."""
    return http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy


async def _listen(listener: Listener, shutdown_seconds: float) -> web.AppRunner:
    runner = ProblemRunner(
        listener.app,
        access_log=None,
        keepalive_timeout=KEEPALIVE_SECONDS,
        shutdown_timeout=shutdown_seconds,
    )
    await runner.setup()
    await web.TCPSite(runner, listener.host, listener.port, backlog=1024).start()
    return runner


def start_background(
    work: Callable[[], Coroutine[Any, Any, None]], unhandled: Unhandled
) -> "asyncio.Task[None]":
    """Start work that should never end by itself; if it does, that is logged and counted."""

    def ended(task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (exc := task.exception()) is not None:
            unhandled.report("background work ended", exc)

    task = asyncio.create_task(work())
    task.add_done_callback(ended)
    return task


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()

    def on_signal(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop
