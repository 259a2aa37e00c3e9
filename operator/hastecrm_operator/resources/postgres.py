"""The managed PostgreSQL: a StatefulSet and its Service."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.database import ManagedDatabase
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources import certificates
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
from hastecrm_operator.resources.postgres_tuning import connections, server_resources, tuned
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.retention import needed_for_the_last_dump
from hastecrm_operator.resources.revision import revised
from hastecrm_operator.resources.secrets import database_secret
from hastecrm_operator.resources.services import service
from hastecrm_operator.resources.stateful_sets import DATA, stateful_set

_PORT = "postgres"
_FILES = {
    "POSTGRES_PASSWORD_FILE": PASSWORD_FILE,
    "CERTIFICATE_FILE": f"{certificates.PATH}/{certificates.CERTIFICATE}",
}
_IS_READY = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "hastecrm", "-d", "hastecrm"]
# A container's own /dev/shm has 64 MiB, too little for the queries that several processes share. What is used
# counts against the memory limit, which is therefore the only one.
_SHARED_MEMORY = Volume("shm", "/dev/shm", {"emptyDir": {"medium": "Memory"}})  # noqa: S108

_TLS = {
    "ssl": "on",
    "ssl_cert_file": f"{certificates.PATH}/{certificates.CERTIFICATE}",
    "ssl_key_file": f"{certificates.PATH}/{certificates.KEY}",
}


def postgres(crm: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return the managed database; nothing if the database is an external one."""
    managed = crm.spec.database.managed
    if managed is None:
        return []
    volumes = _volumes(crm)
    template = pod_template(
        crm,
        names.POSTGRES,
        r,
        volumes,
        containers=[
            _container(crm, managed, r, volumes),
            credentials_container(r.images.postgres, r, _shared(crm), _FILES),
        ],
        terminationGracePeriodSeconds=60,
    )
    server = stateful_set(crm, names.POSTGRES, template, managed.storage, asleep=r.asleep)
    children = [
        service(crm, names.POSTGRES, _PORT, names.POSTGRES_PORT),
        disruption_budget(crm, names.POSTGRES),
        revised(crm, r, server),
    ]
    return [needed_for_the_last_dump(crm, child) for child in children]


def _volumes(crm: HasteCRM) -> list[Volume]:
    return [
        Volume(DATA, "/var/lib/postgresql/data"),
        *_shared(crm),
        scratch("run", "/run/postgresql"),
        _SHARED_MEMORY,
    ]


def _shared(crm: HasteCRM) -> list[Volume]:
    return [
        secret_files("credentials", PATH, database_secret(crm)),
        scratch("tmp", "/tmp"),  # noqa: S108 - a path inside the container; here is the socket
        certificates.server_files(crm),
    ]


def _container(
    crm: HasteCRM, managed: ManagedDatabase, r: Rendering, volumes: list[Volume]
) -> dict[str, Any]:
    return container(
        names.POSTGRES,
        r.images.postgres,
        r,
        volumes,
        args=_settings(crm, managed),
        env=[
            {"name": "POSTGRES_DB", "value": "hastecrm"},
            {"name": "POSTGRES_USER", "value": "hastecrm"},
            {"name": "POSTGRES_PASSWORD_FILE", "value": PASSWORD_FILE},
        ],
        ports=[{"name": _PORT, "containerPort": names.POSTGRES_PORT, "protocol": "TCP"}],
        # Recovery after a crash may take its time; only then do the other two ask.
        startupProbe=_probe({"exec": {"command": _IS_READY}}, period=1, failures=600),
        # A server in recovery or out of connections listens all the same: a restart would only prolong it.
        livenessProbe=_probe({"tcpSocket": {"port": _PORT}}, period=10, failures=6),
        readinessProbe=_probe({"exec": {"command": _IS_READY}}, period=5, failures=2),
        **resources_of(server_resources(crm, managed.resources)),
    )


def _settings(crm: HasteCRM, managed: ManagedDatabase) -> list[str]:
    resources = server_resources(crm, managed.resources)
    chosen = tuned(resources, managed.storage.size, connections(crm), managed.parameters)
    settings = {**chosen, **_TLS}
    return [word for name, value in sorted(settings.items()) for word in ("-c", f"{name}={value}")]


def _probe(action: dict[str, Any], period: int, failures: int) -> dict[str, Any]:
    return {**action, "periodSeconds": period, "timeoutSeconds": 3, "failureThreshold": failures}
