"""How many SQL statements the application ran, by PostgreSQL's own count."""

from .stack import DATABASE, Stack

_COUNT = f"""
SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '{DATABASE}')
AND query <> 'SELECT $1'
"""  # noqa: S608 - constants only; what is left out is the look of the background check


class Statements:
    """Counts from when it was made."""

    def __init__(self, servers: Stack) -> None:
        self._servers = servers
        self._before = self._counted()

    def since(self) -> int:
        """Return the statements that were run since then."""
        return self._counted() - self._before

    def _counted(self) -> int:
        return int(self._servers.sql(_COUNT, "postgres")[0][0])
