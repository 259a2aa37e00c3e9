"""What the three roles have in common: logs, probes, metrics, the event loop."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import uvloop
from aiohttp import web

from hastecrm.core import logging
from hastecrm.core.access import AccessLog
from hastecrm.core.client_address import TrustedProxies, client_address
from hastecrm.core.footprint import settle
from hastecrm.core.health import Health, HealthRoutes
from hastecrm.core.http import BODY_LIMIT
from hastecrm.core.limits import LIMITS, Limits
from hastecrm.core.metrics import Metrics, add_metrics_routes
from hastecrm.core.middleware import Boundary, add_boundary
from hastecrm.core.problem import Renderer, render_json
from hastecrm.core.problem_pages import add_problem_pages
from hastecrm.core.remote import Remotes
from hastecrm.core.security import program_headers
from hastecrm.core.server import Listener, Service, has_fast_parser, serve
from hastecrm.core.settings import NEEDS, Settings
from hastecrm.core.settings.audit import audit, unknown
from hastecrm.core.startup import Startup, Step
from hastecrm.core.unhandled import Unhandled
from hastecrm.core.watch import Watch
from hastecrm.main.observing import observe_process

if TYPE_CHECKING:
    from hastecrm.core.otel import OpenTelemetry

log = logging.get_logger()


@dataclass(frozen=True, slots=True)
class Role:
    """The pieces that every role is built from."""

    name: str
    settings: Settings
    health: Health
    metrics: Metrics
    unhandled: Unhandled
    tracer: "OpenTelemetry | None"
    remotes: Remotes

    @classmethod
    def of(cls, name: str, settings: Settings, steps: Sequence[Step], watches: Sequence[Watch]) -> "Role":
        """Build the pieces; the gauges read the same values as the probes."""
        number = version("hastecrm")
        strict = settings.readiness == "strict"
        health = Health(name, number, Startup(steps), watches=watches, strict=strict)
        metrics = Metrics(role=name, version=number, release=settings.release)
        unhandled = Unhandled()
        observe_process(metrics, health, unhandled)
        return cls(name, settings, health, metrics, unhandled, _tracer(name, settings), Remotes(metrics))

    @property
    def secure(self) -> bool:
        """Whether clients reach the public port through https."""
        return (self.settings.public_url or "").startswith("https://")

    def face_outside(self, app: web.Application) -> None:
        """Limit what clients may take, and find out who they are; goes before everything else."""
        trusted = TrustedProxies(self.settings.trusted_proxies)
        app[LIMITS] = Limits.of(self.settings, trusted)
        app.middlewares.append(client_address(trusted))

    def boundary(
        self, *, headers: Mapping[str, str] | None = None, render: Renderer = render_json
    ) -> Boundary:
        """Return the outermost layer of one of this role's applications."""
        return Boundary(
            metrics=self.metrics,
            headers=headers if headers is not None else program_headers(secure=self.secure),
            development=self.settings.environment == "development",
            is_draining=lambda: self.health.draining,
            render=render,
            tracer=self.tracer,
            access=AccessLog(self.settings.log_sample_ratio, self.settings.log_slow_request),
        )

    def probes(self) -> web.Application:
        """Return the application of the internal port."""
        app = web.Application(client_max_size=BODY_LIMIT)
        add_boundary(app, self.boundary())
        HealthRoutes(self.health, detailed=True).add_to(app)
        add_problem_pages(app)
        add_metrics_routes(app, self.metrics)
        return app

    def service(
        self,
        public: web.Application | None,
        *,
        work: Sequence[Callable[[], Any]] = (),
        closers: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> Service:
        """Return what `serve` runs."""
        settings, health = self.settings, self.health
        return Service(
            health=health,
            probes=Listener(self.probes(), settings.listen_host, settings.probe_port),
            public=Listener(public, settings.listen_host, settings.app_port) if public is not None else None,
            background=[
                health.heartbeat.run,
                health.begin,
                *(watch.run for watch in health.watches),
                *(survey.run for survey in health.surveys),
                *work,
            ],
            closers=[*closers, *([self.tracer.close] if self.tracer is not None else [])],
            drain_seconds=settings.drain_seconds,
            shutdown_seconds=settings.shutdown_seconds,
            unhandled=self.unhandled,
        )


def _tracer(name: str, settings: Settings) -> "OpenTelemetry | None":
    if settings.otlp_endpoint is None:
        return None
    from hastecrm.core.otel import OpenTelemetry  # noqa: PLC0415 - its libraries take memory

    return OpenTelemetry(
        settings.otlp_endpoint,
        role=name,
        version=version("hastecrm"),
        ratio=settings.otlp_sample_ratio,
        sql=settings.database_host is not None,
    )


def run_role(name: str, settings: Settings, build: Callable[[Settings], Awaitable[Service]]) -> int:
    """Run a role until it is told to stop; return the exit code."""
    writer = logging.configure(
        settings.log_level, role=name, version=version("hastecrm"), secrets=secrets_of(settings)
    )
    tell_findings(name, settings)
    if settings.environment == "production" and not has_fast_parser():
        sys.stderr.write(
            "aiohttp's C parser is missing from this installation; it must not serve without it\n"
        )
        return 1

    async def run() -> None:
        service = await build(settings)
        await serve(replace(service, background=[*service.background, partial(_settled, service.health)]))

    try:
        uvloop.run(run())
    except OSError as exc:
        sys.stderr.write(f"hastecrm {name} cannot start: {exc}\n")
        return 1
    finally:
        writer.close()
    return 0


async def _settled(health: Health) -> None:
    await health.startup.finished.wait()
    settle()
    await health.survey()  # what was seen before is out of date: memory, and a database that was not open


def tell_findings(name: str, settings: Settings) -> None:
    """Log what is not as it should be, once; what must not be in production has stopped us already."""
    in_production = audit(settings, NEEDS[name].fields) if settings.environment == "production" else []
    for finding in (*in_production, *unknown(os.environ)):
        said = {"variable": finding.variable, "problem": finding.wrong, "fix": finding.fix}
        log.warning("questionable setting", **said)


def secrets_of(settings: Settings) -> list[str]:
    """Return what must never be seen in a log or a record."""
    found = (
        settings.access_token,
        settings.access_token_previous,
        settings.secret_key,
        settings.secret_key_previous,
        settings.database_password,
        settings.redis_password,
        settings.mail_password,
    )
    return [secret.get_secret_value() for secret in found if secret is not None]
