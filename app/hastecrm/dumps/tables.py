"""How many rows each table has: what a manifest records, and what a restored database is compared with."""

from typing import Any

# Partitions and inheritance children are counted once: a parent is asked for its own rows only.
_TABLES = """
SELECT c.oid::regclass::text AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS quoted
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""


async def count_rows(connection: Any) -> dict[str, int]:
    """Return how many rows each table has that pg_dump would dump; the connection must see all of them."""
    return {
        table["name"]: await connection.fetchval(f"SELECT count(*) FROM ONLY {table['quoted']}")  # noqa: S608
        for table in await connection.fetch(_TABLES)
    }
