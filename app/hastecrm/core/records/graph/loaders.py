"""What relations lead to, read for all records of a level at once: one statement each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from aiohttp import web
from strawberry.dataloader import DataLoader

from hastecrm.core.authentication import demand
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.kind import Kind, Record
from hastecrm.core.records.order import Key, Order
from hastecrm.core.records.service import RecordPage
from hastecrm.core.unit_of_work import Connections

_NEWEST: Final = "created_at desc"


class Way(Protocol):
    """How records are reached from others: its statement reads those of many, `$1` being the workspace."""

    @property
    def to(self) -> Kind:
        """The kind that it leads to."""

    def statement(self, columns: Sequence[str], after: Key | None) -> str:
        """Return the statement; `$2` are the records that it begins at, `$3` is how many each may have."""


@dataclass(frozen=True, slots=True)
class Reverse:
    """From a record to those that refer to it by a field."""

    to: Kind
    field: str

    def statement(self, columns: Sequence[str], after: Key | None) -> str:
        """Return the statement that reads the newest of each."""
        living = " AND deleted_at IS NULL" if self.to.trashed else ""
        beyond = " AND (created_at, id) < ($4, $5)" if after is not None else ""
        each = (
            f"SELECT {', '.join(columns)} FROM {self.to.plural} WHERE workspace_id = $1 "
            f"AND {self.field} = origin{living}{beyond} ORDER BY created_at DESC, id DESC LIMIT $3"
        )
        return (
            f"SELECT origin, one.* FROM unnest($2::uuid[]) AS o (origin) CROSS JOIN LATERAL ({each}) AS one"
        )


@dataclass(frozen=True, slots=True)
class Linked:
    """From a record to those that a table of pairs joins with it."""

    to: Kind
    table: str
    mine: str
    theirs: str

    def statement(self, columns: Sequence[str], after: Key | None) -> str:
        """Return the statement that reads the newest of each."""
        living = " AND r.deleted_at IS NULL" if self.to.trashed else ""
        beyond = " AND (r.created_at, r.id) < ($4, $5)" if after is not None else ""
        each = (
            f"SELECT {', '.join(f'r.{name}' for name in columns)} "
            f"FROM {self.table} AS l JOIN {self.to.plural} AS r "
            f"ON r.workspace_id = l.workspace_id AND r.id = l.{self.theirs} WHERE l.workspace_id = $1 "
            f"AND l.{self.mine} = origin{living}{beyond} ORDER BY r.created_at DESC, r.id DESC LIMIT $3"
        )
        return (
            f"SELECT origin, one.* FROM unnest($2::uuid[]) AS o (origin) CROSS JOIN LATERAL ({each}) AS one"
        )


class Loaders:
    """Those of one request; who may not read a kind gets none of it, whichever way leads there."""

    def __init__(self, request: web.Request, database: Connections) -> None:
        self._who = request[PRINCIPAL]
        self._database = database
        self._known: dict[Any, DataLoader[UUID, Any]] = {}

    def one(self, kind: Kind) -> "DataLoader[UUID, Record | None]":
        """Return what finds records by their ids; None for those that are not there to be seen."""
        return self.of(kind.resource, ("one", kind.name), lambda ids: self._by_id(kind, ids))

    def many(self, way: Way, limit: int, after: Key | None) -> "DataLoader[UUID, RecordPage]":
        """Return what finds a page of the records that a way leads to."""
        return self.of(
            way.to.resource, (way, limit, after), lambda origins: self._pages(way, limit, after, origins)
        )

    def of(self, resource: Resource, key: Any, load: Callable[[list[UUID]], Any]) -> "DataLoader[UUID, Any]":
        """Return what finds by `load` what belongs to many ids at once; the same one for the same key."""
        if key not in self._known:
            demand(self._who, Right(resource, Verb.READ))
            self._known[key] = DataLoader(load_fn=load)
        return self._known[key]

    async def _by_id(self, kind: Kind, ids: list[UUID]) -> list[Record | None]:
        living = " AND deleted_at IS NULL" if kind.trashed else ""
        columns = ", ".join(kind.columns)
        statement = f"SELECT {columns} FROM {kind.plural} WHERE workspace_id = $1 AND id = ANY ($2){living}"
        rows, seen = await self._fetch(statement, ids), kind.is_seen
        found = {row["id"]: row for row in rows if seen is None or seen(row, self._who.user)}
        return [found.get(each) for each in ids]

    async def _pages(self, way: Way, limit: int, after: Key | None, origins: list[UUID]) -> list[RecordPage]:
        values = () if after is None else (after.value, after.id)
        statement = way.statement(way.to.columns, after)
        found: dict[UUID, list[Record]] = {origin: [] for origin in origins}
        for row in await self._fetch(statement, origins, limit + 1, *values):
            found[row["origin"]].append(row)
        newest = Order.parse(way.to, _NEWEST)
        return [_page(found[origin], limit, newest) for origin in origins]

    async def _fetch(self, statement: str, *values: Any) -> Sequence[Any]:
        query = (statement, self._who.workspace, *values)
        rows: Sequence[Any] = await self._database.read(lambda db: db.fetch(*query), self._who.scope)
        return rows


def _page(rows: list[Record], limit: int, order: Order) -> RecordPage:
    rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)
    more = len(rows) > limit
    return RecordPage(rows[:limit], order.encode(order.key(rows[limit - 1])) if more else None, order)


LOADERS: Final = web.RequestKey("record_loaders", Loaders)


def loaders_of(request: web.Request, database: Connections) -> Loaders:
    """Return the loaders of a request, made when it first needs some."""
    if LOADERS not in request:
        request[LOADERS] = Loaders(request, database)
    return request[LOADERS]


def forget(request: web.Request) -> None:
    """Let a request that goes on read everything anew."""
    request.pop(LOADERS, None)
