"""The managed Redis: a StatefulSet and its Service."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.computing import Resources, resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.quantities import amount, canonical
from hastecrm_operator.api.redis import ManagedRedis
from hastecrm_operator.resources.credentials_container import PASSWORD_FILE, PATH, credentials_container
from hastecrm_operator.resources.disruption_budgets import disruption_budget
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.pods import (
    Volume,
    container,
    pod_template,
    resources_of,
    scratch,
    secret_files,
)
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.revision import revised
from hastecrm_operator.resources.services import service
from hastecrm_operator.resources.stateful_sets import DATA, stateful_set

_PORT = "redis"
_PASSWORD_FILE = "REDIS_PASSWORD_FILE"  # noqa: S105 - the name of a variable


def redis(crm: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return the managed cache; nothing if the cache is an external one."""
    managed = crm.spec.redis.managed
    if managed is None:
        return []
    volumes = _volumes(crm)
    template = pod_template(
        crm,
        names.REDIS,
        r,
        volumes,
        containers=[
            _container(managed, r, volumes),
            credentials_container(r.images.redis, r, _shared(crm), {_PASSWORD_FILE: PASSWORD_FILE}),
        ],
        terminationGracePeriodSeconds=30,
    )
    return [
        service(crm, names.REDIS, _PORT, names.REDIS_PORT),
        disruption_budget(crm, names.REDIS),
        revised(crm, r, stateful_set(crm, names.REDIS, template, managed.storage, asleep=r.asleep)),
    ]


def _volumes(crm: HasteCRM) -> list[Volume]:
    return [Volume(DATA, "/data"), *_shared(crm)]


def _shared(crm: HasteCRM) -> list[Volume]:
    return [
        secret_files("credentials", PATH, names.child(crm.metadata.name, names.REDIS)),
        scratch("tmp", "/tmp"),  # noqa: S108 - a path inside the container
    ]


def _container(managed: ManagedRedis, r: Rendering, volumes: list[Volume]) -> dict[str, Any]:
    return container(
        names.REDIS,
        r.images.redis,
        r,
        volumes,
        env=[
            {"name": _PASSWORD_FILE, "value": PASSWORD_FILE},
            # In bytes: Redis knows no Mi, and its own "m" is another unit than Kubernetes's.
            {"name": "REDIS_MAXMEMORY", "value": str(int(amount(managed.max_memory)))},
        ],
        ports=[{"name": _PORT, "containerPort": names.REDIS_PORT, "protocol": "TCP"}],
        startupProbe=_probe({"exec": {"command": ["redis-ready"]}}, period=1, failures=120),
        livenessProbe=_probe({"tcpSocket": {"port": _PORT}}, period=10, failures=6),
        readinessProbe=_probe({"exec": {"command": ["redis-ready"]}}, period=5, failures=2),
        **resources_of(managed.resources or _fitting(managed)),
    )


def _fitting(managed: ManagedRedis) -> Resources:
    # Rewriting the append-only file may need a second copy of all that is in memory.
    twice = canonical(f"{int(amount(managed.max_memory)) * 2 // 1024}Ki")
    return resources("50m", managed.max_memory, twice)


def _probe(action: dict[str, Any], period: int, failures: int) -> dict[str, Any]:
    return {**action, "periodSeconds": period, "timeoutSeconds": 3, "failureThreshold": failures}
