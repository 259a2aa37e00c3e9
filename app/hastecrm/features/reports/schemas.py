"""Reports as JSON and as CSV."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from hastecrm.core.bodies import SHOWN
from hastecrm.features.reports.domain import Column, Holds, Period, Report, Row, Wanted

TYPES: Final[Mapping[Holds, Any]] = {
    Holds.TEXT: str,
    Holds.ID: UUID,
    Holds.DAY: date,
    Holds.COUNT: Annotated[int, Field(ge=0)],
    Holds.MONEY: str,
}
# What spreadsheets take for a formula (OWASP, "CSV Injection").
_FORMULA: Final = re.compile(r"[=+@\t\r-]")


@lru_cache
def model_of(report: Report) -> type[BaseModel]:
    """Return the model of an answer, made once."""
    name = f"{report.type_name}Report"
    row = create_model(
        f"Shown{name}Row",
        __config__=SHOWN,
        __doc__=f"{report.summary}: one row.",
        **{column.name: _field(column) for column in report.columns},
    )
    rows: Any = list[row]
    fields: dict[str, Any] = {**_window_fields(report), "items": (rows, ...)}
    made: type[BaseModel] = create_model(
        f"Shown{name}", __config__=SHOWN, __doc__=f"{report.summary}.", **fields
    )
    return made


def report_json(report: Report, wanted: Wanted, rows: Sequence[Row]) -> Mapping[str, Any]:
    """Return a report as it is shown to clients: the days that were looked at, and the rows."""
    window = wanted.window
    if window is None:
        return {"items": rows}
    days = {"from": window.first, "to": window.last, "timezone": window.zone.key}
    return {**days, **({"period": window.period} if report.is_cut else {}), "items": rows}


def report_csv(report: Report, rows: Sequence[Row]) -> str:
    """Return a report as a table for spreadsheets: a header, and text that is never run as a formula."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([column.name for column in report.columns])
    writer.writerows([_cell(column, row[column.name]) for column in report.columns] for row in rows)
    return lines.getvalue()


def _cell(column: Column, value: Any) -> Any:
    if column.holds is Holds.TEXT and value is not None and _FORMULA.match(value):
        return f"'{value}"
    return value


def _field(column: Column) -> Any:
    type_ = TYPES[column.holds]
    return (type_ | None if column.nullable else type_, Field(description=column.description))


def _window_fields(report: Report) -> Mapping[str, Any]:
    if report.moment is None:
        return {}
    fields = {
        "from_": (date, Field(alias="from", description="The first day.")),
        "to": (date, Field(description="The last day.")),
        "timezone": (str, Field(description="Whose midnights days begin at.")),
    }
    return {**fields, "period": (Period, ...)} if report.is_cut else fields
