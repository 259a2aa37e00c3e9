"""What can be done with records of any kind; knows no HTTP and no SQL."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from hastecrm.core.audit import Entry
from hastecrm.core.bodies import not_found
from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.codes import Code
from hastecrm.core.conditional import has_state
from hastecrm.core.errors import BusinessError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.records.changes import changed_values, new_values, told
from hastecrm.core.records.filters.condition import Asked
from hastecrm.core.records.kind import Kind, Record, Values, etag
from hastecrm.core.records.listing import COUNT_CAP, Asker, Chosen, Listing
from hastecrm.core.records.order import Order
from hastecrm.core.records.repository import Belongings, LockedRecords, Records, Rules
from hastecrm.core.response_cache.versions import Changes as Announced
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

_PURGE_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """New values for some fields of a record, and the state that they may replace (None: any)."""

    record: UUID
    values: Values
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records, and where the next page starts."""

    items: Sequence[Record]
    next: str | None
    order: Order

    def cursor(self, item: Record) -> str:
        """Return where the page after this record of it starts."""
        return self.order.encode(self.order.key(item))


@dataclass(frozen=True, slots=True)
class Count:
    """How many records there are; `capped` when there are more than that."""

    value: int
    capped: bool = False

    @classmethod
    def of(cls, counted: int) -> Self:
        """Return the count for a query that stopped one past the cap."""
        return cls(min(counted, COUNT_CAP), counted > COUNT_CAP)


@dataclass(frozen=True)
class RecordService:
    """What a principal can do with the records of one kind that are theirs to see."""

    records: Records
    announced: Announced
    rules: Rules | None = None
    clock: Clock = field(default=utc_now)

    @property
    def kind(self) -> Kind:
        """The kind of the records."""
        return self.records.kind

    def within(self, unit: Connections) -> "RecordService":
        """Return the same service, with its changes belonging to a unit of work."""
        return replace(self, records=self.records.within(unit))

    async def create(self, who: Principal, values: Values) -> Record:
        """Add a record; raises `CRMError` for values that a rule of its kind, or another record, forbids."""
        record = await self.records.add(who, uuid7(), new_values(self.kind, who, values), self.rules)
        await self.announce(who)
        return record

    async def get(self, who: Principal, record_id: UUID) -> Record:
        """Return a record; raises `BusinessError` when there is none that is theirs to see."""
        return self.found(await self.records.get(who.scope, record_id), who)

    async def past(self, who: Principal, record: UUID) -> Sequence[UUID]:  # noqa: ARG002 - others need it
        """Return the ids under which the record's past is told; whoever calls knows that it is seen."""
        return [record]

    async def page(self, who: Principal, listing: Listing) -> RecordPage:
        """Return a page of the records that are chosen, in the order asked for."""
        found = await self.records.page(self._asker(who), listing)
        items = found[: listing.limit]
        more = len(found) > listing.limit
        after = listing.order.encode(listing.order.key(items[-1])) if more else None
        return RecordPage(items, after, listing.order)

    async def count(self, who: Principal, chosen: Chosen, *, is_exact: bool = False) -> Count:
        """Return how many records are chosen, exact up to a cap or, at a price, whatever their number."""
        counted = await self.records.count(self._asker(who), chosen, is_exact=is_exact)
        return Count(counted) if is_exact else Count.of(counted)

    async def change(self, who: Principal, change: Change) -> Record:
        """Change some fields; raises `CRMError` for a missing, changed or doubled record."""

        async def work(locked: LockedRecords) -> Record:
            record = self.unchanged(self.found(await locked.current(change.record), who), change.if_match)
            return await self.store(locked, record, change.values)

        result = await self.records.locked(who, work)
        await self.announce(who)
        return result

    async def store(self, locked: LockedRecords, record: Record, values: Values) -> Record:
        """Store what is new in a record that is locked."""
        changes = changed_values(self.kind, locked.who, record, values)
        if not changes:
            return record
        if self.rules is not None:
            changes = await self.rules.complete(locked.connection, locked.who, record, changes)
        differences = told(self.kind, record, changes)
        entry = Entry(f"{self.kind.name}.changed", self.kind.name, record["id"], differences)
        stored = await locked.store(record, changes, entry)
        if self.rules is not None:
            await self.rules.settle(locked.connection, locked.who, record, stored)
        return stored

    async def delete(self, who: Principal, record_id: UUID, if_match: str | None) -> None:
        """Put a record into the trash, or remove it; raises `BusinessError` for a missing or changed one."""

        async def work(locked: LockedRecords) -> None:
            await self.end(locked, self.unchanged(self.found(await locked.current(record_id), who), if_match))

        await self.records.locked(who, work, self.reach(who))
        await self.announce(who)

    async def end(self, locked: LockedRecords, record: Record) -> None:
        """Delete a record that is locked."""
        if self.rules is not None:
            await self.rules.end(locked.connection, locked.who, record)
        await locked.delete(record["id"])

    def reach(self, who: Principal) -> Scope:
        """Return what a deletion must reach: what is the whole workspace's may be in use out of sight."""
        return who.scope if self.kind.owned else replace(who.scope, owners=None)

    async def restore(self, who: Principal, record_id: UUID) -> Record:
        """Take a record out of the trash; raises `BusinessError` when it is not there or has a double."""

        async def work(locked: LockedRecords) -> Record:
            self.found(await locked.trashed(record_id), who)
            return await locked.restore(record_id)

        result = await self.records.locked(who, work)
        await self.announce(who)
        return result

    async def announce(self, who: Principal) -> None:
        """Tell every process, once it is there for others to see, that a change was made."""
        await self.records.after_commit(lambda: self.announced.announce(who.workspace))

    def found(self, record: Record | None, who: Principal) -> Record:
        """Return the record; raises `BusinessError` for none, and for one that is not theirs to see."""
        if record is None or (self.kind.is_seen is not None and not self.kind.is_seen(record, who.user)):
            raise not_found(self.kind.label)
        return record

    def unchanged(self, record: Record, if_match: str | None) -> Record:
        """Return the record; raises `BusinessError` when it is not in the state that may be changed."""
        if has_state(if_match, etag(record)):
            return record
        detail = (
            f"Someone changed this {self.kind.label} since you read it; read it again and repeat your change."
        )
        raise BusinessError(detail, code=Code.BIZ_VERSION_MISMATCH, headers={"ETag": etag(record)})

    def _asker(self, who: Principal) -> Asker:
        return Asker(who.scope, Asked(who.user, self.clock()))


@dataclass(frozen=True, slots=True)
class PurgeTrash:
    """The worker's job that ends the life of records in the trash."""

    clock: Clock
    retention: timedelta
    belongings: Belongings

    async def __call__(self, connection: Any) -> int:
        """Remove records that have been in the trash for longer than the retention; return how many."""
        return await self.belongings.purge(connection, self.clock() - self.retention, _PURGE_LIMIT)
