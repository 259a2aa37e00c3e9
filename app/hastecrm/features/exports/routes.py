"""Exports over REST: parse, stream; a file that did not get whole never looks as if it had."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.errors import FieldProblem, InvalidInputError, OverloadedError
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.records.filters.condition import Asked
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.listing import Asker, Listing
from hastecrm.features.exports.contract import operation_of_kind
from hastecrm.features.exports.domain import Format
from hastecrm.features.exports.repository import Exports, Wanted

_AT_ONCE: Final = 2  # each holds a connection of the pool for as long as it takes


class File:
    """The answer to one request: it begins with the first line, so that errors before it are errors."""

    def __init__(self, request: web.Request, wanted: Wanted, now: datetime) -> None:
        name = f"{wanted.kind.plural}-{now:%Y-%m-%d}.{wanted.format}"
        headers = {
            "Content-Type": wanted.format.media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        self.response = web.StreamResponse(headers=headers)
        self._request = request
        self._is_array = wanted.format is Format.JSON

    async def write(self, lines: bytes) -> None:
        """Send some whole lines."""
        is_first = not self.response.prepared
        if is_first:
            await self.response.prepare(self._request)
        if self._is_array:
            lines = (b"[\n" if is_first else b",\n") + lines.rstrip(b"\n").replace(b"\n", b",\n")
        await self.response.write(lines)

    async def end(self) -> None:
        """Say that this was everything."""
        if self._is_array:
            rest = b"\n]\n" if self.response.prepared else b"[]\n"
            if not self.response.prepared:
                await self.response.prepare(self._request)
            await self.response.write(rest)
        if not self.response.prepared:
            await self.response.prepare(self._request)
        await self.response.write_eof()

    def give_up(self) -> None:
        """Break the connection off where the file has begun: what has no end is not whole."""
        if self.response.prepared and self._request.transport is not None:
            self._request.transport.abort()


@dataclass
class ExportRoutes:
    """The addresses below `/api/v1/exports/`."""

    exports: Exports
    kinds: Sequence[Kind]
    clock: Clock = field(default=utc_now)
    _running: int = 0

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        for kind in self.kinds:
            operation_of_kind(kind).add_to(app, self._of(kind))

    def _of(self, kind: Kind) -> Callable[[web.Request], Any]:
        async def export(request: web.Request) -> web.StreamResponse:
            return await self._export(request, _wanted(kind, request))

        return export

    async def _export(self, request: web.Request, wanted: Wanted) -> web.StreamResponse:
        if self._running >= _AT_ONCE:
            raise OverloadedError("Other exports are under way; try again when one of them has ended.")
        file = File(request, wanted, self.clock())
        if request.method == "HEAD":
            return file.response
        self._running += 1
        try:
            who = request[PRINCIPAL]
            asker = Asker(who.scope, Asked(who.user, self.clock()))
            await self.exports.write(who, asker, wanted, file.write)
            await file.end()
        except BaseException:
            file.give_up()
            raise
        finally:
            self._running -= 1
        return file.response


def _wanted(kind: Kind, request: web.Request) -> Wanted:
    query = {name: value for name, value in request.query.items() if name not in ("limit", "cursor")}
    listing = Listing.of(kind, query)
    return Wanted(kind, listing, _format(query.get("format", Format.CSV)), query.get("columns"), query)


def _format(text: str) -> Format:
    try:
        return Format(text)
    except ValueError as exc:
        told = f"must be one of {', '.join(Format)}"
        raise InvalidInputError(
            f"format {told}.", errors=[FieldProblem("format", told, in_query=True)]
        ) from exc
