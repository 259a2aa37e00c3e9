"""A PostgreSQL that lives as long as one Job's pod, for a dump that is restored only to be checked."""

from typing import Any, Final

from hastecrm_operator.api.computing import resources
from hastecrm_operator.resources.pods import Volume, container, resources_of, scratch
from hastecrm_operator.resources.rendering import Rendering

_DIRECTORY: Final = "/scratch"
SCRATCH_URL: Final = f"postgresql://postgres@/postgres?host={_DIRECTORY}"
"""How the other container of the pod reaches it: by its socket, so that nobody else can."""

_RESOURCES = resources("100m", "128Mi", "768Mi")
# Nothing that is in it has to survive a crash.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": _DIRECTORY,
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "dynamic_shared_memory_type": "mmap",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
}
_SCRIPT = f"""\
export PGDATA={_DIRECTORY}/data
[ -s "$PGDATA/PG_VERSION" ] ||
    initdb --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync > /tmp/initdb.log
exec postgres "$@"
"""


def scratch_volume() -> Volume:
    """Return the volume that both containers share; the data may be as large as the node lets it be."""
    return Volume("scratch", _DIRECTORY, {"emptyDir": {}})


def scratch_postgres(r: Rendering) -> dict[str, Any]:
    """Return the server as a sidecar: it is ready before the Job begins, and ends with it."""
    volumes = [scratch("tmp", "/tmp"), scratch_volume()]  # noqa: S108 - a path inside the container
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    ready = {"exec": {"command": ["pg_isready", "-q", "-h", _DIRECTORY, "-U", "postgres"]}}
    return container(
        "postgres",
        r.images.postgres,
        r,
        volumes,
        command=["sh", "-euc", _SCRIPT, "postgres"],
        args=settings,
        restartPolicy="Always",
        startupProbe={**ready, "periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": 120},
        **resources_of(_RESOURCES),
    )
