"""What PostgreSQL is, as whom we are there, and whether its schema is the one that this code was made for."""

from collections.abc import Mapping, Sequence
from typing import Any

from hastecrm.core.database import Database
from hastecrm.core.logging import get_logger
from hastecrm.core.migrating.errors import MigrationError
from hastecrm.core.migrating.plan import Applied, pending, schema_of_database
from hastecrm.core.migrating.record import applied_migrations
from hastecrm.core.schema import Migration, bundled_migrations, mismatch, schema_of

log = get_logger()

_SERVER = """
SELECT current_setting('server_version') AS version, rolname AS role, rolsuper AS superuser,
    rolbypassrls AS bypasses_row_security, pg_is_in_recovery() AS read_only
FROM pg_roles WHERE rolname = current_user
"""


class DatabaseFacts:
    """Collects the facts over one connection of the pool."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bundled = bundled_migrations()
        self._warned: Sequence[str] = ()

    async def collect(self) -> Mapping[str, Any]:
        """Return the sections `server` and `migrations` of the health report."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_SERVER)
            applied = await applied_migrations(connection)
        server = {"server_version": row["version"], "role": row["role"], "warnings": warnings(**dict(row))}
        self._tell(server["warnings"])
        return {"server": server, "migrations": migration_facts(self._bundled, applied)}

    def _tell(self, found: Sequence[str]) -> None:
        for warning in found:
            if warning not in self._warned:
                log.warning("database warning", warning=warning)
        self._warned = found


def warnings(
    *, role: str, superuser: bool, bypasses_row_security: bool, read_only: bool, version: str
) -> list[str]:
    """Return what an operator of the CRM should know about the server and the role."""
    found = []
    if superuser:
        found.append(f"the role {role} is a superuser: row-level security does not hold for it")
    elif bypasses_row_security:
        found.append(f"the role {role} has BYPASSRLS: row-level security does not hold for it")
    if read_only:
        found.append("the server is a standby: nothing can be written")
    if int(version.partition(".")[0]) < 15:
        found.append(f"PostgreSQL {version} is older than 15, with which this program is tested")
    return found


def migration_facts(bundled: Sequence[Migration], applied: Sequence[Applied]) -> Mapping[str, Any]:
    """Return the schema of the code, that of the database, and what is between them."""
    code, database = schema_of(bundled), schema_of_database(bundled, applied)
    problem, left = mismatch(code=code, database=database), list[Migration]()
    try:
        left = pending(bundled, applied)
    except MigrationError as exc:
        problem = str(exc)
    return {
        "code": code.as_json(),
        "database": database.as_json(),
        "pending": [each.name for each in left if not each.is_contract],
        # They wait until the release is sure to stay.
        "deferred": [each.name for each in left if each.is_contract],
        "problem": problem,
    }
