"""Reports out of PostgreSQL: one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass

from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.reports.domain import Report, Row, Wanted
from hastecrm.features.reports.statements import statement_of


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports over what a scope shows."""

    database: Connections

    async def rows(self, scope: Scope, report: Report, wanted: Wanted) -> Sequence[Row]:
        """Return the rows of a report, in its order."""
        statement, values = statement_of(report, scope, wanted)
        return [dict(row) for row in await self.database.read(lambda db: db.fetch(statement, *values), scope)]
