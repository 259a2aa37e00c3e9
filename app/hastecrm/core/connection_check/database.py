"""The check of PostgreSQL: reach it, sign in, and look whether migrations could run."""

import time
from statistics import median
from typing import Any

import asyncpg

from hastecrm.core.connection_check.verdict import CONNECTED, UnusableError, Verdict
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.settings import Settings

_OLDEST = 15
_ALWAYS_TLS = {"require", "verify-full"}
_FACTS = """
SELECT current_setting('server_version') AS version, current_user AS role, current_database() AS database,
    rolsuper AS superuser, rolbypassrls AS bypasses, pg_is_in_recovery() AS standby,
    current_schema() AS schema,
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS creates,
    (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls
FROM pg_roles WHERE rolname = current_user
"""


async def check_database(settings: Settings) -> Verdict:
    """Return what was found; raises what the driver or the network raised, or UnusableError."""
    connection = await asyncpg.connect(**ConnectionOptions.of(settings, "check").arguments())
    try:
        facts = await connection.fetchrow(_FACTS)
        judge(facts)
        latency = await _latency(connection)
    finally:
        await connection.close()
    version = facts["version"].split()[0]
    # Who acts as another role than it signed in as is not told about its own connection.
    tls = facts["tls"] if facts["tls"] is not None else settings.database_ssl_mode in _ALWAYS_TLS
    message = f"PostgreSQL {version}, {'with' if tls else 'without'} TLS"
    return Verdict(CONNECTED, message, version, tls, latency)


def judge(facts: Any) -> None:
    """Raise UnusableError for a server or role that migrations and the application could not use."""
    role, schema = facts["role"], facts["schema"] or "public"
    if int(facts["version"].partition(".")[0]) < _OLDEST:
        raise UnusableError(
            "ServerTooOld", f"it is PostgreSQL {facts['version']}; {_OLDEST} or newer is needed"
        )
    if facts["superuser"] or facts["bypasses"]:
        right = "is a superuser" if facts["superuser"] else "has BYPASSRLS"
        wrong = f"role {role} {right}, so nothing would keep one workspace from reading another's data"
        raise UnusableError("RoleTooPowerful", wrong)
    if facts["standby"]:
        raise UnusableError("ReadOnly", "it is a standby, to which nothing can be written")
    if not facts["creates"]:
        wrong = f"role {role} may not create tables in schema {schema} of database {facts['database']}"
        raise UnusableError("PrivilegeMissing", wrong)


async def _latency(connection: Any) -> float:
    samples = []
    for _ in range(5):
        started = time.perf_counter()
        await connection.fetchval("SELECT 1")
        samples.append(time.perf_counter() - started)
    return median(samples)
