"""What the addresses of reports promise to clients."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.reports.declared import REPORTS
from hastecrm.features.reports.domain import Period, Report
from hastecrm.features.reports.schemas import model_of

RIGHT: Final = Right(Resource.REPORT, Verb.READ)
CSV: Final = "text/csv"


class Format(StrEnum):
    """What an answer can be."""

    JSON = "json"
    CSV = "csv"


_PARAMETERS: Final[Mapping[str, Parameter]] = {
    parameter.name: parameter
    for parameter in (
        Parameter("from", "query", "The first day.", {"type": "string", "format": "date"}),
        Parameter("to", "query", "The last day; without both, a year.", {"type": "string", "format": "date"}),
        Parameter(
            "timezone",
            "query",
            "Whose midnights days begin at, such as `Europe/Vienna`.",
            {"type": "string", "default": "UTC"},
        ),
        Parameter(
            "period",
            "query",
            "What the days are cut into; weeks begin on Monday.",
            {"type": "string", "enum": list(Period), "default": Period.MONTH},
        ),
        Parameter("pipeline", "query", "Only this pipeline.", UUID_SCHEMA),
        Parameter("owner", "query", "Only what is this user's; `none`: nobody's.", {"type": "string"}),
        Parameter(
            "format",
            "query",
            "`csv` is a table for spreadsheets; `Accept: text/csv` asks for it too.",
            {"type": "string", "enum": list(Format)},
        ),
    )
}


@lru_cache
def operation_of(report: Report) -> Operation:
    """Return the operation of a report."""
    return Operation(
        f"get{report.type_name}Report",
        "GET",
        f"/api/v1/reports/{report.name}",
        report.summary,
        [Reply(200, "The report", model_of(report), {"Vary": "Accept"}, also=[CSV])],
        RIGHT,
        parameters=[_PARAMETERS[name] for name in (*report.takes, "format")],
        codes=[Code.VALIDATION_FAILED],
    )


OPERATIONS: Final = tuple(operation_of(report) for report in REPORTS)
