"""Exports out of PostgreSQL: COPY, as fast as whoever takes the lines."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.identity import Principal
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.records.filters.custom import check_keys, custom_keys
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.listing import Asker, Listing, page_statement
from hastecrm.features.exports.domain import Format, chosen, columns_of, select

_EVERYTHING: Final = (1 << 62) - 1
_LONGEST: Final = 3600  # seconds; whoever does not take the lines is cut off long before
# JSON has neither of these characters, so no line is quoted.
_RAW: Final = {"quote": "\x01", "delimiter": "\x02"}
Sink = Callable[[bytes], Awaitable[None]]


class BrokenOffError(SystemFaultError):
    """The file ended before its last line; nobody is told but the log, as the answer has begun."""

    default = Code.SYS_DATABASE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("The export broke off; ask for it again.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: the list, the format, and the columns as they were named (None: all)."""

    kind: Kind
    listing: Listing
    format: Format
    columns: str | None
    told: Mapping[str, str]  # the query, for the audit log


@dataclass(frozen=True, slots=True)
class Exports:
    """The files that a principal can have."""

    database: Database
    fields: CustomFields

    async def write(self, who: Principal, asker: Asker, wanted: Wanted, sink: Sink) -> None:
        """Hand every line to the sink, from one snapshot; raises `CRMError`.

        What breaks before the first line is tried again on a fresh connection, as any read is.
        """
        begun = False

        async def tell(lines: bytes) -> None:
            nonlocal begun
            begun = True
            await sink(lines)

        async def copy(connection: Any) -> None:
            try:
                async with connection.transaction():
                    await self._copy(connection, who, asker, wanted, tell)
            except Exception as exc:
                if begun:
                    raise BrokenOffError from exc
                raise

        await self.database.read(copy, who.scope)

    async def _copy(self, connection: Any, who: Principal, asker: Asker, wanted: Wanted, sink: Sink) -> None:
        statement, values = await self._statement(connection, asker, wanted)
        entry = Entry(f"{wanted.kind.name}.exported", wanted.kind.name, changes=wanted.told)
        await record_of(connection, who, entry)
        await connection.execute(f"SET LOCAL statement_timeout = '{_LONGEST}s'")
        options: dict[str, Any] = {"header": True} if wanted.format is Format.CSV else _RAW
        options |= {"output": sink, "format": "csv", "timeout": _LONGEST}
        await connection.copy_from_query(statement, *values, **options)

    async def _statement(self, connection: Any, asker: Asker, wanted: Wanted) -> tuple[str, Any]:
        kind, named = wanted.kind, custom_keys(wanted.listing.chosen.filter)
        known = (
            await self.fields.known(connection, asker.scope.workspace, kind.name, named)
            if kind.custom
            else {}
        )
        check_keys(named, known)
        columns = chosen(columns_of(kind, wanted.format, known), wanted.columns)
        listing = replace(wanted.listing, limit=_EVERYTHING, after=None)
        if (page := page_statement(kind, asker, listing)) is None:
            nothing = f"SELECT * FROM {kind.plural} WHERE workspace_id = $1 AND false"  # noqa: S608
            return select(wanted.format, columns, nothing), [asker.scope.workspace]
        return select(wanted.format, columns, page[0]), page[1]
