"""What can be seen of a role from outside: each thing once for the health report and once as metrics."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from hastecrm.core.cache import Cache, StoreUnavailableError
from hastecrm.core.cache_metrics import CacheMetrics, RedisMetrics
from hastecrm.core.database import Database
from hastecrm.core.database_facts import DatabaseFacts
from hastecrm.core.errors import CRMError
from hastecrm.core.health import LATENCY_LIMIT, Health
from hastecrm.core.logging import dropped_lines
from hastecrm.core.metrics import Metrics
from hastecrm.core.surroundings import surroundings
from hastecrm.core.survey import Survey
from hastecrm.core.unhandled import Unhandled
from hastecrm.core.watch import Watch

_DATABASE_EVERY: Final = 15.0
_REDIS_EVERY: Final = 10.0
_SURROUNDINGS_EVERY: Final = 5.0
_WAITS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_LAGS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def observe_process(metrics: Metrics, health: Health, unhandled: Unhandled) -> None:
    """Show the event loop, what fails unseen, readiness, the dependencies, memory and disk."""
    lag = "hastecrm_event_loop_lag_seconds"
    metrics.watch(lag, "How late the event loop ran its last beat.", lambda: health.heartbeat.lag)
    lags = metrics.histogram("hastecrm_event_loop_beat_lag_seconds", "How late each beat ran.", _LAGS)
    health.heartbeat.listeners.append(lags.observe)
    metrics.count("hastecrm_unhandled_errors", "Failures that no caller ever saw.", lambda: unhandled.count)
    metrics.count("hastecrm_log_lines_dropped", "Log lines that could not be written.", dropped_lines)
    metrics.watch("hastecrm_ready", "Whether requests are welcome.", lambda: health.unready_reason is None)
    _observe_dependencies(metrics, health)
    _observe_surroundings(metrics, health)


def _observe_dependencies(metrics: Metrics, health: Health) -> None:
    def each(read: Callable[[Watch], float]) -> Mapping[str, Callable[[], float]]:
        return {watch.name: _reading(read, watch) for watch in health.watches}

    name = "hastecrm_dependency_"
    metrics.watch_each(f"{name}up", "Whether it answers.", "dependency", each(lambda it: it.up))
    metrics.watch_each(
        f"{name}latency_seconds", "Time of its last answer.", "dependency", each(lambda it: it.latency)
    )
    metrics.watch_each(
        f"{name}latency_limit_seconds", "Time an answer should take.", "dependency", each(lambda it: it.limit)
    )
    metrics.watch(
        "hastecrm_health_latency_seconds",
        "Last answers of all of them together.",
        lambda: health.latency,
    )
    metrics.watch(
        "hastecrm_health_latency_limit_seconds", "Time these should take together.", lambda: LATENCY_LIMIT
    )


def _reading(read: Callable[[Watch], float], watch: Watch) -> Callable[[], float]:
    return lambda: float(read(watch))


def _observe_surroundings(metrics: Metrics, health: Health) -> None:
    survey = Survey("surroundings", surroundings, interval=_SURROUNDINGS_EVERY)
    health.surveys.append(survey)
    _show(health, survey, "memory", "disk")
    gauges = {
        "hastecrm_memory_used_bytes": ("Memory in use in the container.", "memory", "used_bytes"),
        "hastecrm_memory_limit_bytes": ("Memory there is for the container.", "memory", "limit_bytes"),
        "hastecrm_disk_free_bytes": ("Room where the process may write.", "disk", "free_bytes"),
        "hastecrm_disk_size_bytes": ("Size of that file system.", "disk", "total_bytes"),
    }
    _watch_numbers(metrics, survey, gauges)


def observe_database(metrics: Metrics, health: Health, database: Database) -> None:
    """Show the pool, the server, our role there, and the migrations."""
    watch_pool(metrics, database)
    survey = Survey("database", DatabaseFacts(database).collect, interval=_DATABASE_EVERY)
    health.surveys.append(survey)
    watch = _watch_of(health, "database")
    watch.details += [lambda: {"pool": database.report()}, lambda: (survey.facts or {}).get("server", {})]
    _show(health, survey, "migrations")
    gauges = {
        "hastecrm_schema_code_version": (
            "Schema that this code needs.",
            "migrations",
            "code",
            "version",
        ),
        "hastecrm_schema_database_version": ("Schema of the database.", "migrations", "database", "version"),
    }
    _watch_numbers(metrics, survey, gauges)
    metrics.watch(
        "hastecrm_migrations_pending", "Migrations that still have to run.", lambda: _pending(survey)
    )


def observe_cache(metrics: Metrics, health: Health, cache: Cache) -> None:
    """Show hits and misses, Redis' commands and its memory; nothing without a Redis."""
    metrics.watch_breaker(cache.breaker)
    if not cache.configured:
        return
    cache.lookups.append(CacheMetrics(metrics).of("values"))
    cache.commands.append(RedisMetrics(metrics).record)
    quiet = (CRMError, StoreUnavailableError)
    survey = Survey("redis", cache.facts, interval=_REDIS_EVERY, quiet=quiet)
    health.surveys.append(survey)
    _watch_of(health, "redis").details.append(lambda: survey.facts or {})
    gauges = {
        "hastecrm_redis_memory_used_bytes": ("Memory that Redis uses.", "used_memory_bytes"),
        "hastecrm_redis_memory_limit_bytes": ("Memory that Redis may use; 0: no limit.", "max_memory_bytes"),
    }
    _watch_numbers(metrics, survey, gauges)


def watch_pool(metrics: Metrics, database: Database) -> None:
    """Add the metrics of the connection pool."""
    admission = database.admission
    metrics.watch("hastecrm_pool_connections", "Open connections.", lambda: database.size[0])
    metrics.watch(
        "hastecrm_pool_idle_connections", "Open connections that are free.", lambda: database.size[1]
    )
    metrics.watch("hastecrm_pool_in_use_connections", "Connections lent.", lambda: admission.in_use)
    metrics.watch("hastecrm_pool_max_connections", "Connections at most.", lambda: database.places)
    metrics.watch("hastecrm_pool_waiting", "Requests that wait for a connection.", lambda: admission.waiting)
    metrics.count(
        "hastecrm_pool_shed", "Requests sent away at once: the queue was full.", lambda: admission.shed
    )
    waits = metrics.histogram("hastecrm_pool_wait_seconds", "Time until a connection was lent.", _WAITS)
    database.waits.append(waits.observe)
    metrics.watch_retries(database.retries)


def _show(health: Health, survey: Survey, *sections: str) -> None:
    for section in sections:
        health.sections[section] = _section(survey, section)


def _section(survey: Survey, name: str) -> Callable[[], Any]:
    return lambda: survey.facts[name] if survey.facts is not None else survey.report()


def _watch_numbers(metrics: Metrics, survey: Survey, gauges: Mapping[str, tuple[str, ...]]) -> None:
    for name, (help_text, *path) in gauges.items():
        metrics.watch(name, help_text, _number(survey, path))


def _number(survey: Survey, path: list[str]) -> Callable[[], float]:
    return lambda: survey.number(*path)


def _pending(survey: Survey) -> float:
    return float("nan") if survey.facts is None else len(survey.facts["migrations"]["pending"])


def _watch_of(health: Health, name: str) -> Watch:
    return next(watch for watch in health.watches if watch.name == name)
