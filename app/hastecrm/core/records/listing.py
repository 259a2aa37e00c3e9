"""One statement for one page of any kind: filter, order, cursor, owners. Pure: no database here.

Each way is index scans that stop when the page is full. Three things are spelt out for PostgreSQL, which
would otherwise walk past everything that is not wanted:
- the lists of those who see some people's records only: each person's newest, merged (an index has them so);
- what has nothing in the field that is sorted by: a second scan, as a cursor's comparison leaves NULL out;
- a tag that few records have: those are looked up (an index over arrays is of no use here, 0011 says why).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from uuid import UUID

from hastecrm.core.bodies import parse_query_flag, parse_query_id
from hastecrm.core.pagination import DEFAULT_LIMIT, parse_limit
from hastecrm.core.records.filters.condition import TAGS, Asked, condition, tag_of
from hastecrm.core.records.filters.parser import parse_filter
from hastecrm.core.records.filters.tree import All, Node, Op, Term
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.order import Key, Order
from hastecrm.core.records.parameters import Parameters
from hastecrm.core.scope import Scope

COUNT_CAP: Final = 10_000
FEW: Final = 1_000  # records with a tag that are looked up one by one
_NEWEST: Final = "created_at"


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """The records of one person or, with None, those that belong to nobody."""

    user: UUID | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records of a kind are meant."""

    filter: Node | None = None
    owner: OwnedBy | None = None
    is_trash: bool = False

    @classmethod
    def of(cls, kind: Kind, query: Mapping[str, str]) -> Self:
        """Return what query parameters choose; raises `InvalidInputError`."""
        return cls(
            parse_filter(query.get("filter", "")),
            parse_owner(query) if kind.owned else None,
            kind.trashed and parse_query_flag(query, "trashed"),
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """One page that is asked for."""

    chosen: Chosen
    order: Order
    limit: int = DEFAULT_LIMIT
    after: Key | None = None

    @classmethod
    def of(cls, kind: Kind, query: Mapping[str, str]) -> Self:
        """Return the page that query parameters ask for; raises `InvalidInputError`."""
        chosen, cursor = Chosen.of(kind, query), query.get("cursor")
        if chosen.is_trash:
            order = Order(replace(kind.by_name["deleted_at"], nullable=False), is_descending=True)
        else:
            order = Order.parse(kind, query.get("order_by"))
        after = order.decode(cursor) if cursor else None
        return cls(chosen, order, parse_limit(query.get("limit")), after)


def parse_owner(query: Mapping[str, str]) -> OwnedBy | None:
    """Return whose records a query string asks for, None for everyone's; raises `InvalidInputError`."""
    if query.get("owner") == "none":
        return OwnedBy(None)
    owner = parse_query_id(query, "owner")
    return OwnedBy(owner) if owner is not None else None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants the records, and when."""

    scope: Scope
    asked: Asked


Statement = tuple[str, Sequence[Any]]


def page_statement(kind: Kind, asker: Asker, listing: Listing) -> Statement | None:
    """Return the statement for one record more than the page holds; None when nothing can be in it."""
    if not _may_see(asker.scope, listing.chosen.owner):
        return None
    page = _Page(kind, asker, listing, Parameters(asker.scope.workspace, listing.limit + 1))
    return page.statement(), page.parameters.values


def count_statement(kind: Kind, asker: Asker, chosen: Chosen, *, is_exact: bool) -> Statement | None:
    """Return the statement that counts, at most one more than the cap unless exactly; None for zero."""
    if not _may_see(asker.scope, chosen.owner):
        return None
    parameters = Parameters(asker.scope.workspace)
    where = _where(kind, asker, chosen, parameters)
    if (people := _people(kind, asker.scope, chosen)) is not None:
        where += f" AND owner_id = ANY ({parameters.add(people, 'uuid[]')})"
    limit = "" if is_exact else f"LIMIT {COUNT_CAP + 1}"
    return f"SELECT count(*) FROM (SELECT 1 FROM {kind.plural} WHERE {where} {limit}) AS n", parameters.values


def _may_see(scope: Scope, owner: OwnedBy | None) -> bool:
    return owner is None or scope.owners is None or owner.user in scope.owners


def _people(kind: Kind, scope: Scope, chosen: Chosen) -> Sequence[UUID] | None:
    """Return whose records row-level security will leave, where the statement should say so itself."""
    return scope.owners if kind.owned and chosen.owner is None else None


def _where(kind: Kind, asker: Asker, chosen: Chosen, parameters: Parameters) -> str:
    parts = ["workspace_id = $1"]
    if kind.trashed:
        parts.append("deleted_at IS NOT NULL" if chosen.is_trash else "deleted_at IS NULL")
    if chosen.owner is not None:
        user = chosen.owner.user
        parts.append(f"owner_id = {parameters.add(user)}" if user is not None else "owner_id IS NULL")
    if kind.seen_where:
        parts.append(kind.seen_where.format(me=parameters.add(asker.asked.user, "uuid")))
    if chosen.filter is not None:
        parts.append(condition(kind, chosen.filter, asker.asked, parameters))
    return " AND ".join(parts)


class _Page:
    def __init__(self, kind: Kind, asker: Asker, listing: Listing, parameters: Parameters) -> None:
        self.parameters = parameters
        self._kind = kind
        self._order = listing.order
        self._after = listing.after
        tag, rest = _split_tag(kind, listing.chosen.filter)
        self._where = _where(kind, asker, replace(listing.chosen, filter=rest), parameters)
        self._tag = tag_of(tag.values[0], parameters) if tag is not None else None
        self._people = _people(kind, asker.scope, listing.chosen)
        more = [] if self._order.column in kind.columns else [self._order.column]
        self._columns = ", ".join([*kind.columns, *more])

    def statement(self) -> str:
        if self._tag is None:
            return self._merged(self._scans(self._where))
        # In order, so that PostgreSQL takes the index, however many it believes a tag to have.
        with_few = (
            "WITH few AS MATERIALIZED (SELECT record_id FROM record_tags "
            f"WHERE workspace_id = $1 AND tag_id = {self._tag} ORDER BY record_id LIMIT {FEW + 1}) "
        )
        few = f"(SELECT count(*) FROM few) <= {FEW} AND id = ANY (ARRAY(SELECT record_id FROM few))"
        many = f"(SELECT count(*) FROM few) > {FEW} AND tags @> ARRAY[{self._tag}]"
        scans = self._scans(f"{self._where} AND {many}")
        return with_few + self._merged([self._looked_up(f"{self._where} AND {few}"), *scans])

    def _merged(self, scans: Sequence[str]) -> str:
        if len(scans) == 1:
            return scans[0]
        together = " UNION ALL ".join(f"({scan})" for scan in scans)
        return f"SELECT {self._columns} FROM ({together}) AS page {self._sorted()}"

    def _looked_up(self, where: str) -> str:
        after = [f"({cursor})" for cursor in self._ranges()]
        return self._owned(f"{where} AND ({' OR '.join(after)})")

    def _scans(self, where: str) -> Sequence[str]:
        each = [f"{where} AND {cursor}" for cursor in self._ranges()]
        if self._people is None or self._order.column != _NEWEST:
            return [self._owned(one) for one in each]
        return [self._merged_of_people(one) for one in each]

    def _owned(self, where: str) -> str:
        if self._people is not None:
            where += f" AND owner_id = ANY ({self.parameters.add(self._people, 'uuid[]')})"
        return self._scan(where)

    def _merged_of_people(self, where: str) -> str:
        # Row-level security would find the same, but only by walking past everyone else's records.
        everyone = f"unnest({self.parameters.add(self._people, 'uuid[]')}) AS people (person)"
        each = self._scan(f"{where} AND owner_id = person")
        return f"SELECT {self._columns} FROM {everyone} CROSS JOIN LATERAL ({each}) AS one {self._sorted()}"

    def _scan(self, where: str) -> str:
        direction = self._order.direction
        order = f"{self._order.column} {direction}, id {direction}"
        return f"SELECT {self._columns} FROM {self._kind.plural} WHERE {where} ORDER BY {order} LIMIT $2"

    def _sorted(self) -> str:
        column, direction = self._order.column, self._order.direction
        empty_last = f"{column} IS NULL, " if self._order.field.may_be_null else ""
        return f"ORDER BY {empty_last}{column} {direction}, id {direction} LIMIT $2"

    def _ranges(self) -> Sequence[str]:
        """Return what is left of the list after the cursor, as one or two ranges of its index."""
        column, beyond = self._order.column, "<" if self._order.is_descending else ">"
        if not self._order.field.may_be_null:
            return [self._beyond(f"({column}, id) {beyond}") if self._after is not None else "true"]
        if self._after is None:
            return [f"{column} IS NOT NULL", f"{column} IS NULL"]
        if self._after.value is None:
            return [f"{column} IS NULL AND id {beyond} {self.parameters.add(self._after.id)}"]
        return [self._beyond(f"({column}, id) {beyond}"), f"{column} IS NULL"]

    def _beyond(self, comparison: str) -> str:
        assert self._after is not None, "only where there is a cursor"  # noqa: S101
        return (
            f"{comparison} ({self.parameters.add(self._after.value)}, {self.parameters.add(self._after.id)})"
        )


def _split_tag(kind: Kind, node: Node | None) -> tuple[Term | None, Node | None]:
    """Return the tag that every record of the list must have, if there is one, and the rest of the filter."""
    parts = node.parts if isinstance(node, All) else (node,)
    for part in parts:
        if kind.tagged and isinstance(part, Term) and (part.field, part.op) == (TAGS, Op.HAS) and part.values:
            rest = tuple(other for other in parts if other is not part and other is not None)
            return part, (All(rest) if len(rest) > 1 else rest[0] if rest else None)
    return None, node
