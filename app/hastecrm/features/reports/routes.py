"""Reports over REST: parse, call the one use case, render."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.http import json_response
from hastecrm.core.identity import PRINCIPAL
from hastecrm.features.reports.contract import CSV, Format, operation_of
from hastecrm.features.reports.declared import REPORTS
from hastecrm.features.reports.domain import Report
from hastecrm.features.reports.schemas import report_csv, report_json
from hastecrm.features.reports.service import ReportService


@dataclass(frozen=True, slots=True)
class ReportRoutes:
    """The addresses below `/api/v1/reports/`."""

    service: ReportService

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        for report in REPORTS:
            operation_of(report).add_to(app, self._of(report))

    def _of(self, report: Report) -> Callable[[web.Request], Any]:
        async def make(request: web.Request) -> web.Response:
            format_ = _format(request)
            wanted, rows = await self.service.make(request[PRINCIPAL], report, request.query)
            if format_ is Format.JSON:
                return json_response(report_json(report, wanted, rows), headers={"Vary": "Accept"})
            name = f'attachment; filename="{report.name}.csv"'
            headers = {"Vary": "Accept", "Content-Disposition": name}
            text = report_csv(report, rows)
            return web.Response(text=text, content_type=CSV, charset="utf-8", headers=headers)

        return make


def _format(request: web.Request) -> Format:
    accept = request.headers.get("Accept", "").lower()
    default = Format.CSV if CSV in accept and "application/json" not in accept else Format.JSON
    try:
        return Format(request.query.get("format", default))
    except ValueError as exc:
        told = f"must be one of {', '.join(Format)}"
        raise InvalidInputError(
            f"format {told}.", errors=[FieldProblem("format", told, in_query=True)]
        ) from exc
