"""Makes the people of a database unknown, before anybody can see it."""

import hashlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hastecrm.restores.anonymise.invented import KEY
from hastecrm.restores.anonymise.plan import EMPTIED, INVENTED

# Whatever could hold something about somebody, be it text, bytes, a document or an address of a network.
_TELLING = """
SELECT table_name || '.' || column_name FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
AND udt_name IN ('text', '_text', 'varchar', 'bpchar', 'citext', 'bytea', 'json', 'jsonb', 'inet', 'cidr')
ORDER BY 1
"""
_TABLES = """
SELECT relname, relforcerowsecurity FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
# Of the workspace that a new installation has: it waits for its owner again, as a new one does.
_NOBODY_OWNS = "UPDATE memberships SET role = 'admin' WHERE role = 'owner' AND workspace_id = $1"


@dataclass(frozen=True, slots=True)
class Anonymised:
    """What was done: columns with invented values, tables that were emptied, and what was left as it was."""

    columns: Sequence[str]
    emptied: Sequence[str]
    kept: Sequence[str]
    rows: int

    def as_json(self) -> dict[str, object]:
        """Return the report."""
        return {
            "columns": list(self.columns),
            "emptied": list(self.emptied),
            "kept": list(self.kept),
            "rows": self.rows,
        }


async def anonymise(
    connection: Any, key: str, first_workspace: object, say: Callable[[str], None]
) -> Anonymised:
    """Replace or remove all that tells who somebody is; all of it happens or nothing.

    The same key invents the same people again. The connection must be that of the tables' owner.
    """
    secret = hashlib.sha256(key.encode()).hexdigest()
    await connection.execute("SELECT set_config($1, $2, false)", KEY, secret)
    there = {row["relname"]: row["relforcerowsecurity"] for row in await connection.fetch(_TABLES)}
    emptied = [table for table in EMPTIED if table in there]
    invented = {table: columns for table, columns in INVENTED.items() if table in there}
    async with connection.transaction():
        await connection.execute(f"TRUNCATE {', '.join(emptied)}")
        rows = 0
        for table, columns in invented.items():
            async with _opened(connection, table, walled=there[table]):
                rows += await _invent(connection, table, columns, say)
        await connection.execute(_NOBODY_OWNS, first_workspace)
    for table in invented:
        # What was there before must not lie in the files, as rows that are merely no longer seen.
        await connection.execute(f"VACUUM (FULL, ANALYZE) {table}")
    changed = [f"{table}.{column}" for table, columns in invented.items() for column in columns]
    telling = [row[0] for row in await connection.fetch(_TELLING)]
    kept = [each for each in telling if each not in changed and each.partition(".")[0] not in emptied]
    return Anonymised(changed, emptied, kept, rows)


@asynccontextmanager
async def _opened(connection: Any, table: str, *, walled: bool) -> AsyncIterator[None]:
    """Let the owner change what not even the system may, such as the audit log."""
    if walled:
        await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    if walled:
        await connection.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


async def _invent(connection: Any, table: str, columns: Mapping[str, str], say: Callable[[str], None]) -> int:
    started = time.monotonic()
    changes = ", ".join(f"{column} = {invented}" for column, invented in columns.items())
    answer = await connection.execute(f"UPDATE {table} SET {changes}")  # noqa: S608 - our own names and words
    rows = int(answer.rpartition(" ")[2])
    say(f"{table}: {rows} rows in {time.monotonic() - started:.1f} s")
    return rows
