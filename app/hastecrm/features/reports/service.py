"""What a principal gets to know by reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.identity import Principal
from hastecrm.features.reports.domain import Report, Row, Wanted, wanted_of
from hastecrm.features.reports.repository import Reports


@dataclass(frozen=True, slots=True)
class ReportService:
    """Reports over the records that are a principal's to see."""

    reports: Reports
    clock: Clock = field(default=utc_now)

    async def make(
        self, who: Principal, report: Report, query: Mapping[str, str]
    ) -> tuple[Wanted, Sequence[Row]]:
        """Return what was asked for, with what was left out filled in, and the rows."""
        wanted = wanted_of(report, query, self.clock())
        return wanted, await self.reports.rows(who.scope, report, wanted)
