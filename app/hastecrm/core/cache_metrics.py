"""Whether the caches are worth it, and how Redis does."""

from collections.abc import Callable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from hastecrm.core.metrics import Metrics

_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5)


class CacheMetrics:
    """Counts what was found and what was not, for each cache by its name."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._hits = Counter("hastecrm_cache_hits", "Looks that found a value.", ["cache"], registry=registry)
        self._misses = Counter(
            "hastecrm_cache_misses", "Looks that found none.", ["cache"], registry=registry
        )
        self._ratio = Gauge(
            "hastecrm_cache_hit_ratio",
            "Share of all looks since the start that found a value.",
            ["cache"],
            registry=registry,
        )

    def of(self, cache: str) -> Callable[[bool], None]:
        """Return what is to be told of each look into one cache; `cache` is a label, so use a word."""
        hits, misses, seen = self._hits.labels(cache), self._misses.labels(cache), [0, 0]
        self._ratio.labels(cache).set_function(lambda: seen[1] / seen[0] if seen[0] else float("nan"))

        def tell(found: bool) -> None:
            (hits if found else misses).inc()
            seen[0] += 1
            seen[1] += found

        return tell


class RedisMetrics:
    """Counts and times the commands; their names come from this program, so there are few."""

    def __init__(self, metrics: Metrics) -> None:
        self._seconds = Histogram(
            "hastecrm_redis_command_duration_seconds",
            "Time of one command.",
            ["command"],
            buckets=_BUCKETS,
            registry=metrics.registry,
        )
        self._errors = Counter(
            "hastecrm_redis_command_errors", "Commands that failed.", ["command"], registry=metrics.registry
        )

    def record(self, command: str, seconds: float, failed: bool) -> None:
        """Note one command."""
        self._seconds.labels(command).observe(seconds)
        errors = self._errors.labels(command)
        if failed:
            errors.inc()
