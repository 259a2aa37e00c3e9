"""What the dashboard shows: rate, errors and duration of each tier, then what these hang on."""

from typing import NamedTuple

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.promql import COMPONENT, of, tier, told

_RATE = "$__rate_interval"
_FAILED = 'status="5xx"'
_QUANTILES = (0.5, 0.95, 0.99)


class Panel(NamedTuple):
    """One graph; `queries` by their legend, `unit` as Grafana names it."""

    title: str
    unit: str
    queries: dict[str, str]


class Row(NamedTuple):
    """Graphs under one heading."""

    title: str
    panels: tuple[Panel, ...]


def rows(crm: HasteCRM) -> list[Row]:
    """Return all graphs about `crm`."""
    return [
        Row("Pods", _pods(crm)),
        Row("API", _requests(crm, names.API)),
        Row("Pages", _requests(crm, names.WEB)),
        Row("Database", _database(crm)),
        Row("Cache", _cache(crm)),
        Row("Jobs", _jobs(crm)),
        Row("Processes", _processes(crm)),
        *([Row("Backups", _backups(crm))] if crm.spec.backup else []),
    ]


def _pods(crm: HasteCRM) -> tuple[Panel, ...]:
    return (
        Panel("Ready pods", "short", {_by(): f"sum by ({COMPONENT}) (hastecrm_ready{of(crm)})"}),
        Panel(
            "Releases",
            "short",
            {"{{version}} {{role}}": f"count by (version, role) (hastecrm_build_info{of(crm)})"},
        ),
        Panel(
            "Dependencies that answer",
            "short",
            {"{{dependency}}": f"min by (dependency) (hastecrm_dependency_up{of(crm)})"},
        ),
    )


def _requests(crm: HasteCRM, component: str) -> tuple[Panel, ...]:
    requests = f"rate(hastecrm_http_requests_total{of(crm, tier(component))}[{_RATE}])"
    failed = f"rate(hastecrm_http_requests_total{of(crm, tier(component), _FAILED)}[{_RATE}])"
    durations = f"hastecrm_http_request_duration_seconds_bucket{of(crm, tier(component))}"
    return (
        Panel("Requests", "reqps", {"{{status}}": f"sum by (status) ({requests})"}),
        Panel("Errors", "percentunit", {"share of 5xx": f"sum({failed}) / sum({requests})"}),
        Panel("Duration", "s", _quantiles(durations)),
        Panel("Slowest routes, p95", "s", {"{{route}}": f"topk(5, {_quantile(0.95, durations, 'route')})"}),
        Panel(
            "In flight",
            "short",
            {"requests": f"sum(hastecrm_http_requests_in_flight{of(crm, tier(component))})"},
        ),
        Panel(
            "Error codes",
            "reqps",
            {"{{code}}": f"sum by (code) (rate(hastecrm_errors_total{of(crm, tier(component))}[{_RATE}]))"},
        ),
    )


def _database(crm: HasteCRM) -> tuple[Panel, ...]:
    pool = {what: f"sum(hastecrm_pool_{what}_connections{of(crm)})" for what in ("in_use", "idle", "max")} | {
        "waiting": f"sum(hastecrm_pool_waiting{of(crm)})"
    }
    return (
        Panel("Connections", "short", pool),
        Panel("Wait for a connection", "s", _quantiles(f"hastecrm_pool_wait_seconds_bucket{of(crm)}")),
        Panel("Requests sent away", "reqps", {"shed": _rate_of("hastecrm_pool_shed_total", crm)}),
    )


def _cache(crm: HasteCRM) -> tuple[Panel, ...]:
    hits, misses = (_rate_of(f"hastecrm_cache_{what}_total", crm, "cache") for what in ("hits", "misses"))
    commands = f"hastecrm_redis_command_duration_seconds_bucket{of(crm)}"
    memory = {what: f"max(hastecrm_redis_memory_{what}_bytes{of(crm)})" for what in ("used", "limit")}
    return (
        Panel("Hits", "percentunit", {"{{cache}}": f"{hits} / ({hits} + {misses})"}),
        Panel("Commands", "s", _quantiles(commands)),
        Panel("Memory of Redis", "bytes", memory),
    )


def _jobs(crm: HasteCRM) -> tuple[Panel, ...]:
    queue = {what: f"max(hastecrm_jobs_{what}{of(crm)})" for what in ("ready", "dead")}
    runs = _rate_of("hastecrm_job_runs_total", crm, "kind, outcome")
    return (
        Panel("Queue", "short", queue),
        Panel("Oldest job", "s", {"waits": f"max(hastecrm_jobs_oldest_ready_seconds{of(crm)})"}),
        Panel("Runs", "ops", {"{{kind}} {{outcome}}": runs}),
    )


def _processes(crm: HasteCRM) -> tuple[Panel, ...]:
    lag = f"hastecrm_event_loop_beat_lag_seconds_bucket{of(crm)}"
    return (
        Panel("Event loop lag, p99", "s", {"{{pod}}": _quantile(0.99, lag, "pod")}),
        Panel("Memory", "bytes", {"{{pod}}": f"max by (pod) (hastecrm_memory_used_bytes{of(crm)})"}),
        Panel("CPU", "short", {"{{pod}}": _rate_of("process_cpu_seconds_total", crm, "pod")}),
    )


def _backups(crm: HasteCRM) -> tuple[Panel, ...]:
    def newest(figure: str) -> str:
        return f"max({told(crm, f'hastecrm_backup_{figure}')})"

    ages = {
        "newest backup": f"time() - {newest('last_success_timestamp_seconds')}",
        "newest proof": f"time() - ({newest('last_verified_timestamp_seconds')} > 0)",
    }
    times = {
        "backup": newest("last_success_duration_seconds"),
        "drill": newest("restore_duration_seconds"),
    }
    restores = {
        "all of it": f"max({told(crm, 'hastecrm_restore_duration_seconds')})",
        "outage": f"max({told(crm, 'hastecrm_restore_outage_seconds')})",
    }
    return (
        Panel("Age", "s", ages),
        Panel("Size", "bytes", {"newest backup": newest("last_success_bytes")}),
        Panel("Duration", "s", times),
        Panel("Newest restore", "s", restores),
    )


def _by() -> str:
    return "{{" + COMPONENT + "}}"


def _rate_of(counter: str, crm: HasteCRM, by: str = "") -> str:
    series = f"rate({counter}{of(crm)}[{_RATE}])"
    return f"sum by ({by}) ({series})" if by else f"sum({series})"


def _quantiles(buckets: str) -> dict[str, str]:
    return {f"p{q * 100:g}": _quantile(q, buckets) for q in _QUANTILES}


def _quantile(q: float, buckets: str, *by: str) -> str:
    labels = ", ".join(("le", *by))
    return f"histogram_quantile({q}, sum by ({labels}) (rate({buckets}[{_RATE}])))"
