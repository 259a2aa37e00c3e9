"""The operator's own metrics, on a registry of their own; names and units follow Prometheus conventions."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from hastecrm_operator.telemetry.definition import Definition
from hastecrm_operator.telemetry.objects import OBJECT_METRICS, ObjectGauges

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_CHUNK = 500  # lines


class Metrics:
    """Every metric of the operator, as an attribute."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.definitions: list[Definition] = [*OBJECT_METRICS]
        self.objects = ObjectGauges()
        self._reconciling()
        self._queue()
        self._api()
        self._watches()
        self._process()

    def _reconciling(self) -> None:
        self.reconcile_seconds = self._histogram(
            "reconcile_seconds",
            "Duration of one reconcile, by the phase it ended in, `error` or `unavailable`.",
            "outcome",
        )
        self.children = self._gauge("children", "Live children in memory.")

    def _queue(self) -> None:
        self.queue_depth = self._gauge(
            "queue_depth", "Objects that wait for a reconcile, by why: user, child or resync.", "priority"
        )
        self.queue_oldest = self._gauge(
            "queue_oldest_seconds", "How long the object that has waited longest has waited."
        )
        self.queue_wait = self._histogram(
            "queue_wait_seconds", "How long objects had waited for their reconcile.", "priority"
        )
        self.working = self._gauge("reconciles_running", "Reconciles that are under way.")

    def _api(self) -> None:
        self.api_requests = self._counter(
            "api_requests_total",
            "Requests to the API server; code 0 is one that got no answer.",
            "verb",
            "resource",
            "code",
        )
        self.api_seconds = self._histogram(
            "api_request_seconds", "Time until the API server had answered.", "verb", "resource"
        )
        self.throttled_seconds = self._counter(
            "throttled_seconds_total", "Time that requests waited for their turn, summed up."
        )

    def _watches(self) -> None:
        self.watch_restarts = self._counter(
            "watch_restarts_total",
            "Watches opened again, by why: ended (as planned), expired, silent, interrupted or refused.",
            "kind",
            "reason",
        )
        self.watch_age = self._gauge(
            "watch_last_event_age_seconds",
            "Time since a watch has told anything; bookmarks come about each minute.",
            "kind",
            "namespace",
        )
        self.kopf_lag = self._gauge(
            "kopf_lag_seconds", "For how long Kopf has not told what our own watch on HasteCRM has shown."
        )
        self.kopf_restarts = self._counter(
            "kopf_restarts_total", "How often Kopf was started again, by why: ended or deaf.", "reason"
        )

    def _process(self) -> None:
        self.leader = self._gauge("leader", "1 while this process holds the lease.")
        self.loop_lag = self._gauge(
            "event_loop_lag_seconds", "How much later than asked for the event loop last woke a timer."
        )
        self.build_info = self._gauge("build_info", "1; the label is what runs.", "version")
        self.build_info.labels(_version()).set(1)

    def exposition(self) -> Iterator[bytes]:
        """Yield all metrics in the Prometheus text format, in pieces that fit into memory."""
        yield generate_latest(self.registry)
        lines: list[str] = []
        for line in self.objects.lines():
            lines.append(line)
            if len(lines) == _CHUNK:
                yield "".join(lines).encode()
                lines.clear()
        yield "".join(lines).encode()

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        defined = self._defined(name, "histogram", text, labels)
        return Histogram(defined.name, text, labels, buckets=_SECONDS, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        defined = self._defined(name, "gauge", text, labels)
        return Gauge(defined.name, text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        defined = self._defined(name, "counter", text, labels)
        return Counter(defined.name, text, labels, registry=self.registry)

    def _defined(self, name: str, kind: str, text: str, labels: tuple[str, ...]) -> Definition:
        definition = Definition(f"hastecrm_operator_{name}", kind, text, labels)
        self.definitions.append(definition)
        return definition


def _version() -> str:
    try:
        return version("hastecrm")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "unknown"
