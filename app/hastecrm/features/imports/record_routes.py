"""Imports over REST: parse, call one use case, render."""

import re
from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.files.receiving import received
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.records.rendering import record_json
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.imports.control import ImportControl
from hastecrm.features.imports.reading import write_sheet
from hastecrm.features.imports.record import IMPORT
from hastecrm.features.imports.record_contract import (
    CANCEL,
    ERRORS,
    MOST_PREVIEWED,
    PREVIEW,
    PREVIEWED,
    START,
    UPLOAD,
)
from hastecrm.features.imports.record_schemas import HEADER, StartBody, error_cells, preview_json


@dataclass(frozen=True, slots=True)
class ImportRecordRoutes:
    """The addresses of imports beside those that all records have."""

    control: ImportControl
    idempotency: Idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        UPLOAD.add_to(app, self.upload)
        PREVIEW.add_to(app, self.preview)
        START.add_to(app, self.start)
        CANCEL.add_to(app, self.cancel)
        ERRORS.add_to(app, self.errors)

    async def upload(self, request: web.Request) -> web.Response:
        """Take the file of an import."""
        import_id = parse_id(request.match_info["id"], IMPORT.label)
        file = await received(request, self.control.limit)
        return record_json(IMPORT, await self.control.upload(request[PRINCIPAL], import_id, file.pieces))

    async def preview(self, request: web.Request) -> web.Response:
        """Show the first rows."""
        import_id = parse_id(request.match_info["id"], IMPORT.label)
        limit = _limit(request.query.get("limit", str(PREVIEWED)))
        return json_response(preview_json(await self.control.preview(request[PRINCIPAL], import_id, limit)))

    async def start(self, request: web.Request) -> web.Response:
        """Start an import: 202 with it."""
        import_id = parse_id(request.match_info["id"], IMPORT.label)
        body = parse(StartBody, await read_json(request))

        async def work(unit: Connections) -> web.Response:
            control = self.control.within(unit)
            record = await control.start(request[PRINCIPAL], import_id, dry_run=body.dry_run)
            return record_json(IMPORT, record, status=202)

        return await self.idempotency.answer(request, work)

    async def cancel(self, request: web.Request) -> web.Response:
        """Stop an import."""
        import_id = parse_id(request.match_info["id"], IMPORT.label)
        return record_json(IMPORT, await self.control.cancel(request[PRINCIPAL], import_id))

    async def errors(self, request: web.Request) -> web.StreamResponse:
        """Send the rows that were not taken."""
        import_id = parse_id(request.match_info["id"], IMPORT.label)
        record, pages = await self.control.errors(request[PRINCIPAL], import_id)
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="import-errors-{import_id}.csv"',
            "Cache-Control": "no-store",
        }
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        await response.write(write_sheet([*record["columns"], *HEADER], []).encode())
        async for page in pages:
            first, *rest = (error_cells(record, error) for error in page)
            await response.write(write_sheet(first, rest).encode())
        await response.write_eof()
        return response


def _limit(text: str) -> int:
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= MOST_PREVIEWED:
        return int(text)
    problem = FieldProblem("limit", f"must be from 1 to {MOST_PREVIEWED}", in_query=True)
    raise InvalidInputError(f"limit {problem.detail}.", errors=[problem])
