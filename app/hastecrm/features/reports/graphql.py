"""Reports over GraphQL: the same use case, rights and checks as over REST."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import wrong_value
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.features.reports.contract import RIGHT
from hastecrm.features.reports.declared import REPORTS
from hastecrm.features.reports.domain import Column, Holds, Period, Report
from hastecrm.features.reports.service import ReportService

ReportPeriod = strawberry.enum(Period, name="ReportPeriod", description="What a report's days are cut into.")
_TYPES: Final[Mapping[Holds, Any]] = {
    Holds.TEXT: str,
    Holds.ID: UUID,
    Holds.DAY: date,
    Holds.COUNT: int,
    Holds.MONEY: str,
}


@strawberry.input
class ReportInput:
    """What a report is to be about, in the words of REST; what a report does not take is refused."""

    from_: date | None = strawberry.field(default=None, name="from")
    to: date | None = None
    timezone: str | None = None
    period: ReportPeriod | None = None  # type: ignore[valid-type] # strawberry.enum returns the class
    pipeline: UUID | None = None
    owner: str | None = None


Of = Annotated[ReportInput | None, strawberry.argument(description="Without it: a year of everything.")]


def root_types(service: ReportService) -> tuple[type]:
    """Return the queries: one for each report."""
    fields = {f"{report.name.replace('-', '_')}_report": _query(service, report) for report in REPORTS}
    return (strawberry.type(type("Query", (), fields)),)


def _query(service: ReportService, report: Report) -> Any:
    row: Any = _row(report)

    async def make(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        of: Of = None,
    ) -> list[row]:
        _, rows = await service.make(principal_of(info), report, _told(report, of))
        return [row(**each) for each in rows]

    make.__doc__ = f"{report.summary}."
    return field(RIGHT)(make)


def _row(report: Report) -> type:
    made = type(
        f"{report.type_name}ReportRow",
        (),
        {
            "__annotations__": {column.name: _type(column) for column in report.columns},
            "__doc__": f"{report.summary}: one row.",
            **{column.name: strawberry.field(description=column.description) for column in report.columns},
        },
    )
    return strawberry.type(made)


def _type(column: Column) -> Any:
    type_ = _TYPES[column.holds]
    return type_ | None if column.nullable else type_


def _told(report: Report, of: ReportInput | None) -> Mapping[str, str]:
    given = {name.rstrip("_"): value for name, value in vars(of).items() if value is not None} if of else {}
    if others := [name for name in given if name not in report.takes]:
        raise wrong_value(f"/of/{others[0]}", f"is not what this report takes: {', '.join(report.takes)}")
    return {name: str(value) for name, value in given.items()}
