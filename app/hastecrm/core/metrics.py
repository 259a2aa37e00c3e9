"""Every metric of the program, in a registry of its own. Labels are route templates, never raw paths."""

import platform
from collections.abc import Callable

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from hastecrm.core.breaker import Breaker, State

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The collectors, one attribute each."""

    def __init__(self, *, role: str, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # a series per label set that nobody reads
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hastecrm_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "hastecrm_http_request_duration_seconds",
            "Time from request to response.",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "hastecrm_http_requests_in_flight", "Requests being answered.", registry=self.registry
        )
        self.errors = Counter(
            "hastecrm_errors", "Errors answered, by code.", ["code"], registry=self.registry
        )
        self._breaker_state = Gauge(
            "hastecrm_breaker_state",
            "0 closed, 1 trying again, 2 open.",
            ["breaker"],
            registry=self.registry,
        )
        self._breaker_transitions = Counter(
            "hastecrm_breaker_transitions", "Changes of state.", ["breaker", "to"], registry=self.registry
        )
        self._describe(role, version)

    def watch_breaker(self, breaker: Breaker) -> None:
        """Show the state of a breaker, and count how often it changes."""
        self._breaker_state.labels(breaker.name).set_function(lambda: breaker.state.value)
        for state in State:
            self._breaker_transitions.labels(breaker.name, state.name.lower())
        breaker.listen(lambda name, state: self._breaker_transitions.labels(name, state.name.lower()).inc())

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Add a gauge that is read when it is scraped."""
        Gauge(name, help_text, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self.registry)

    def _describe(self, role: str, version: str) -> None:
        build = Info("hastecrm_build", "What is running.", registry=self.registry)
        build.info({"version": version, "role": role, "python": platform.python_version()})
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)


def add_metrics_routes(app: web.Application, metrics: Metrics) -> None:
    """Serve the metrics under both of their addresses."""

    async def scrape(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    app.router.add_get("/metrics", scrape)
    app.router.add_get("/metrics/prometheus", scrape)
