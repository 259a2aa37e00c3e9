"""Every metric of the program, in a registry of its own. Labels are route templates, never raw paths."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence

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
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from hastecrm.core.breaker import Breaker, State
from hastecrm.core.retry import RetryBudget

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text"
OPENMETRICS_TYPE = f"{OPENMETRICS}; version=1.0.0; charset=utf-8"


class Metrics:
    """The collectors, one attribute each."""

    def __init__(self, *, role: str, version: str, release: str = "") -> None:
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
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._breaker_state = Gauge(
            "hastecrm_breaker_state",
            "0 closed, 1 trying again, 2 open.",
            ["breaker"],
            registry=self.registry,
        )
        self._breaker_transitions = Counter(
            "hastecrm_breaker_transitions", "Changes of state.", ["breaker", "to"], registry=self.registry
        )
        self._retries = Counter(
            "hastecrm_retries",
            "Failed calls that could be tried again, and whether the budget allowed it.",
            ["dependency", "outcome"],
            registry=self.registry,
        )
        self._describe({"version": version, "role": role, "release": release})

    def record(
        self, method: str, route: str, status: int, seconds: float, *, traced: str | None = None
    ) -> None:
        """Count one request; `method` and `route` come from what is registered, never from outside.

        `traced` is the id of a trace that was recorded: OpenMetrics shows it as the exemplar of a bucket.
        """
        series = (method, route, status // 100)
        # The library's own search for a series costs more than counting does. As few as there are routes.
        if (found := self._series.get(series)) is None:
            counter = self.requests.labels(method, route, f"{status // 100}xx")
            found = self._series[series] = (counter, self.duration.labels(method, route))
        found[0].inc()
        found[1].observe(seconds, {"trace_id": traced} if traced is not None else None)

    def watch_breaker(self, breaker: Breaker) -> None:
        """Show the state of a breaker, and count how often it changes."""
        self._breaker_state.labels(breaker.name).set_function(lambda: breaker.state.value)
        for state in State:
            self._breaker_transitions.labels(breaker.name, state.name.lower())
        breaker.listen(lambda name, state: self._breaker_transitions.labels(name, state.name.lower()).inc())

    def watch_retries(self, budget: RetryBudget) -> None:
        """Count the retries of one dependency: those that its budget granted and those that it refused."""
        for outcome in ("granted", "refused"):
            self._retries.labels(budget.dependency, outcome)
        budget.listen(lambda name, granted: self._retries.labels(name, _outcome(granted=granted)).inc())

    def count(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Add a counter that is read when it is scraped; `name` without its `_total`."""
        self.registry.register(_Read(name, help_text, value))

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Add a gauge that is read when it is scraped."""
        Gauge(name, help_text, registry=self.registry).set_function(value)

    def watch_each(
        self, name: str, help_text: str, label: str, values: Mapping[str, Callable[[], float]]
    ) -> None:
        """Add a gauge with one series for each value of a label, read when it is scraped."""
        gauge = Gauge(name, help_text, [label], registry=self.registry)
        for each, value in values.items():
            gauge.labels(each).set_function(value)

    def histogram(self, name: str, help_text: str, buckets: Sequence[float] = BUCKETS) -> Histogram:
        """Add a histogram without labels and return it."""
        return Histogram(name, help_text, buckets=buckets, registry=self.registry)

    def text(self) -> bytes:
        """Return the text format."""
        return generate_latest(self.registry)

    def openmetrics(self) -> bytes:
        """Return the OpenMetrics format, which has exemplars too."""
        text: bytes = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call] # as the library has it
        return text

    def _describe(self, what: Mapping[str, str]) -> None:
        build = Info("hastecrm_build", "What is running.", registry=self.registry)
        build.info({**what, "python": platform.python_version()})
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)


def _outcome(*, granted: bool) -> str:
    return "granted" if granted else "refused"


class _Read(Collector):
    """A counter whose value someone else keeps."""

    def __init__(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        self._described = (name, help_text)
        self._value = value

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(*self._described, value=self._value())


def prefers_openmetrics(accept: str) -> bool:
    """Whether an `Accept` header asks for OpenMetrics, and for nothing else more than for that."""
    weights = {OPENMETRICS: 0.0, "text/plain": 0.0}
    for offer in accept.split(","):
        kind, *parameters = [part.strip().lower() for part in offer.split(";")]
        if kind in weights:
            weights[kind] = max(weights[kind], _weight(parameters))
    return (
        weights["application/openmetrics-text"] > 0 and max(weights, key=weights.__getitem__) != "text/plain"
    )


def _weight(parameters: Sequence[str]) -> float:
    given = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return float(given)
    except ValueError:
        return 0.0


def add_metrics_routes(app: web.Application, metrics: Metrics) -> None:
    """Serve the metrics under both of their addresses."""

    async def scrape(request: web.Request) -> web.Response:
        if prefers_openmetrics(request.headers.get("Accept", "")):
            return web.Response(body=metrics.openmetrics(), headers={"Content-Type": OPENMETRICS_TYPE})
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    app.router.add_get("/metrics", scrape)
    app.router.add_get("/metrics/prometheus", scrape)
