"""The answers to Kubernetes' three questions, and the full report for people. Nothing here does I/O.

live: restart me? Only the event loop's pulse counts; a database outage must never restart pods.
startup: am I up for the first time? Latched once every step has passed.
ready: send me requests? Not while draining, starting, or without a critical dependency.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from hastecrm.core.errors import NotReadyError
from hastecrm.core.heartbeat import Heartbeat
from hastecrm.core.http import json_response
from hastecrm.core.startup import Startup
from hastecrm.core.survey import Survey
from hastecrm.core.watch import Watch

LATENCY_LIMIT: Final = 0.1  # seconds, for a request that would ask every dependency once, one after another


@dataclass
class Health:
    """Everything that the probes know; written by background tasks, read by requests."""

    role: str
    version: str
    startup: Startup
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    watches: Sequence[Watch] = ()
    strict: bool = True
    draining: bool = False
    surveys: list[Survey] = field(default_factory=list)
    sections: dict[str, Callable[[], object]] = field(default_factory=dict)

    async def begin(self) -> None:
        """Come up, then look at every dependency at once, so that no start waits for the next round."""
        await self.startup.run()
        for watch in self.watches:
            await watch.look()

    async def survey(self) -> None:
        """Collect all facts now."""
        await asyncio.gather(*(survey.look() for survey in self.surveys))

    @property
    def unready_reason(self) -> str | None:
        """Why no requests should come, or None when they may."""
        if self.draining:
            return "shutting down"
        if not self.startup.done:
            return self.startup.reason
        down = [watch for watch in self.watches if watch.critical and not watch.up]
        return f"{down[0].name}: {down[0].reason}" if down and self.strict else None

    @property
    def status(self) -> str:
        """One word: ok, degraded or down."""
        if self.unready_reason is not None:
            return "down"
        return "ok" if all(watch.up and not watch.busy for watch in self.watches) else "degraded"

    @property
    def latency(self) -> float:
        """Seconds that the last answers of all dependencies took together."""
        return sum(watch.latency for watch in self.watches)

    def report(self) -> dict[str, Any]:
        """Return everything there is to know, for the internal port."""
        return {
            "status": self.status,
            "role": self.role,
            "version": self.version,
            "reason": self.unready_reason,
            "startup": {"done": self.startup.done, "reason": self.startup.reason or None},
            "draining": self.draining,
            "latency": _against_limit(self.latency, LATENCY_LIMIT),
            "dependencies": {watch.name: _dependency(watch) for watch in self.watches},
            "event_loop": {
                "lag_ms": round(self.heartbeat.lag * 1000, 3),
                "last_beat_ms": round(self.heartbeat.age * 1000),
            },
            **{name: section() for name, section in self.sections.items()},
        }


def _dependency(watch: Watch) -> dict[str, Any]:
    status = "up" if watch.up and not watch.busy else "busy" if watch.up else "down"
    report: dict[str, Any] = {
        "status": status,
        "critical": watch.critical,
        **_against_limit(watch.latency, watch.limit),
        "reason": watch.reason or None,
    }
    for details in watch.details:
        report.update(details())
    return report


def _against_limit(seconds: float, limit: float) -> dict[str, Any]:
    return {
        "latency_ms": round(seconds * 1000, 3),
        "limit_ms": round(limit * 1000),
        "slow": seconds > limit,
    }


class HealthRoutes:
    """The four addresses; `detailed` only where nobody from outside can ask."""

    def __init__(self, health: Health, *, detailed: bool) -> None:
        self._health = health
        self._detailed = detailed

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/health/live", self.live)
        app.router.add_get("/health/startup", self.startup)
        app.router.add_get("/health/ready", self.ready)
        app.router.add_get("/health", self.report)

    async def live(self, _request: web.Request) -> web.Response:
        """Answer 200 while the event loop beats."""
        if not self._health.heartbeat.alive:
            raise NotReadyError(f"the event loop has not beaten for {self._health.heartbeat.age:.0f} s")
        return json_response({"status": "live"})

    async def startup(self, _request: web.Request) -> web.Response:
        """Answer 200 once everything has worked for the first time."""
        if not self._health.startup.done:
            raise NotReadyError(self._said(self._health.startup.reason))
        return json_response({"status": "started"})

    async def ready(self, _request: web.Request) -> web.Response:
        """Answer 200 while requests are welcome."""
        if (reason := self._health.unready_reason) is not None:
            raise NotReadyError(self._said(reason))
        return json_response({"status": "ready", "degraded": self._health.status == "degraded"})

    async def report(self, _request: web.Request) -> web.Response:
        """Answer 200 with the report, 503 with the same report while unready."""
        health = self._health
        body = health.report() if self._detailed else {"status": health.status}
        return json_response(body, status=503 if health.status == "down" else 200)

    def _said(self, reason: str) -> str:
        return reason if self._detailed else "The service cannot take requests at the moment."
