"""What somebody should be told about one object, as PromQL over what its pods export."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.alert import Alert
from hastecrm_operator.resources.backup_alerts import backup_alerts
from hastecrm_operator.resources.promql import COMPONENT, of, tier
from hastecrm_operator.resources.release_alerts import release_alerts
from hastecrm_operator.resources.restore_alerts import restore_alerts

_DATABASE, _REDIS = 'dependency="database"', 'dependency="redis"'
_PUBLIC = f'{COMPONENT}=~"{names.API}|{names.WEB}"'


def alerts(crm: HasteCRM) -> list[Alert]:
    """Return all alerts of `crm`; none that a tier fires because it is not asked for."""
    return [
        *_availability(crm),
        *_requests(crm),
        *_dependencies(crm),
        *_work(crm),
        *_processes(crm),
        *backup_alerts(crm),
        *restore_alerts(crm),
        *release_alerts(crm),
    ]


def _availability(crm: HasteCRM) -> list[Alert]:
    tiers = {names.API: crm.spec.api, names.WEB: crm.spec.web}
    wanted = [name for name, tier in tiers.items() if tier.autoscaling or tier.replicas]
    return [
        Alert(
            "HasteCRMDown",
            "critical",
            "2m",
            f"no ready pod of the {name} tier",
            f"absent(hastecrm_ready{of(crm, tier(name))} == 1)",
            name,
        )
        for name in wanted
        if not crm.spec.hibernated
    ]


def _requests(crm: HasteCRM) -> list[Alert]:
    total, failed = (
        f"sum by ({COMPONENT}) (rate(hastecrm_http_requests_total{of(crm, *matchers)}[5m]))"
        for matchers in ((_PUBLIC,), (_PUBLIC, 'status="5xx"'))
    )
    buckets = f"rate(hastecrm_http_request_duration_seconds_bucket{of(crm, _PUBLIC)}[5m])"
    return [
        Alert(
            "HasteCRMErrors",
            "critical",
            "10m",
            "more than 2 % of the requests fail",
            f"{failed} / {total} > 0.02",
        ),
        Alert(
            "HasteCRMSlow",
            "warning",
            "10m",
            "one request in twenty takes longer than half a second",
            f"histogram_quantile(0.95, sum by (le, {COMPONENT}) ({buckets})) > 0.5",
        ),
    ]


def _dependencies(crm: HasteCRM) -> list[Alert]:
    up = "min by (dependency) (hastecrm_dependency_up"
    waiting = f"min_over_time(hastecrm_pool_waiting{of(crm)}[5m])"
    return [
        Alert(
            "HasteCRMDatabaseUnreachable",
            "critical",
            "2m",
            "a pod cannot reach PostgreSQL",
            f"{up}{of(crm, _DATABASE)}) == 0",
        ),
        Alert(
            "HasteCRMCacheUnreachable",
            "warning",
            "5m",
            "a pod cannot reach Redis, so nothing is cached and limits count in each pod",
            f"{up}{of(crm, _REDIS)}) == 0",
        ),
        Alert(
            "HasteCRMPoolExhausted",
            "warning",
            "5m",
            "requests wait for a database connection all the time",
            f"max by (pod) ({waiting}) > 0",
        ),
        Alert(
            "HasteCRMVolumeFilling",
            "critical",
            "10m",
            "a volume is more than 90 % full",
            _fullness(crm) + " > 0.9",
        ),
    ]


def _fullness(crm: HasteCRM) -> str:
    # The kubelet knows volumes, not us: data-acme-postgres-0, or acme-postgres-1 of CloudNativePG.
    name = crm.metadata.name
    claims = f'persistentvolumeclaim=~"(data-)?{name}-({names.POSTGRES}|{names.REDIS})-[0-9]+"'
    volume = f'{{namespace="{crm.metadata.namespace}",{claims}}}'
    used, capacity = (f"kubelet_volume_stats_{what}_bytes{volume}" for what in ("used", "capacity"))
    return f"max by (persistentvolumeclaim) ({used} / {capacity})"


def _work(crm: HasteCRM) -> list[Alert]:
    runs = of(crm, 'outcome="dead"')
    return [
        Alert(
            "HasteCRMQueueStuck",
            "warning",
            "5m",
            "a job has waited for more than 10 minutes",
            f"max(hastecrm_jobs_oldest_ready_seconds{of(crm)}) > 600",
        ),
        Alert(
            "HasteCRMJobsGivenUp",
            "warning",
            "0m",
            "jobs failed so often that they were given up",
            f"sum by (kind) (increase(hastecrm_job_runs_total{runs}[1h])) > 0",
        ),
        Alert(
            "HasteCRMScheduleLate",
            "warning",
            "5m",
            "a schedule is overdue by more than 10 minutes",
            f"max by (kind) (hastecrm_schedule_lag_seconds{of(crm)}) > 600",
        ),
    ]


def _processes(crm: HasteCRM) -> list[Alert]:
    used, limit = (f"hastecrm_memory_{what}_bytes{of(crm)}" for what in ("used", "limit"))
    beats = f"rate(hastecrm_event_loop_beat_lag_seconds_bucket{of(crm)}[5m])"
    return [
        Alert(
            "HasteCRMRestarts",
            "warning",
            "0m",
            "a container has started more than three times within an hour",
            f"max by (pod) (changes(process_start_time_seconds{of(crm)}[1h])) > 3",
        ),
        Alert(
            "HasteCRMMemoryShort",
            "warning",
            "15m",
            "a container uses more than 90 % of its memory",
            f"max by (pod) ({used} / {limit}) > 0.9",
        ),
        Alert(
            "HasteCRMEventLoopLate",
            "warning",
            "10m",
            "one beat in a hundred of a process is late by more than 250 ms",
            f"histogram_quantile(0.99, sum by (le, pod) ({beats})) > 0.25",
        ),
        Alert(
            "HasteCRMUnhandledErrors",
            "warning",
            "0m",
            "something failed that no caller saw",
            f"sum by ({COMPONENT}) (increase(hastecrm_unhandled_errors_total{of(crm)}[15m])) > 0",
        ),
    ]
