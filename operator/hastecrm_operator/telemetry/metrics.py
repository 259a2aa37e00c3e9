"""The operator's own metrics, on a registry of their own; names and units follow Prometheus conventions."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Every metric of the operator, as an attribute."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.reconcile_seconds = Histogram(
            "hastecrm_operator_reconcile_seconds",
            "Duration of one reconcile.",
            ["outcome"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.queue_depth = self._gauge("queue_depth", "Objects that wait for a reconcile.")
        self.children = self._gauge("children", "Live children in memory.")
        self.leader = self._gauge("leader", "1 while this process holds the lease.")
        self.phase = self._gauge(
            "object_phase", "1 for the phase that an object is in.", "namespace", "name", "phase"
        )
        self.api_requests = self._counter(
            "api_requests_total", "Requests to the API server.", "verb", "resource", "code"
        )
        self.api_seconds = Histogram(
            "hastecrm_operator_api_request_seconds",
            "Time until the API server had answered.",
            ["verb", "resource"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.throttled_seconds = self._counter(
            "throttled_seconds_total", "Time that requests waited for their turn, summed up."
        )
        self.watch_restarts = self._counter("watch_restarts_total", "Watches that were opened again.", "kind")

    def exposition(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"hastecrm_operator_{name}", text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"hastecrm_operator_{name}", text, labels, registry=self.registry)
