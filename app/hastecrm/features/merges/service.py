"""Merging records, undoing that, and what is said of those that became a part of another one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry
from hastecrm.core.bodies import not_found, wrong_value
from hastecrm.core.clock import utc_now
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.records.changes import changed_values, told
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.kind import Kind, Record
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.core.records.service import RecordService
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.merges.domain import Merge, Merged, Undone, Wanted, merged_values, undoing_values
from hastecrm.features.merges.relations import Relations
from hastecrm.features.merges.repository import Merges


class MergeableService(RecordService):
    """Records that may have become a part of another one."""

    async def get(self, who: Principal, record_id: UUID) -> Record:
        """Return a record; raises `BusinessError`, which names the one that it is a part of now."""
        try:
            return await super().get(who, record_id)
        except BusinessError as exc:
            merges = Merges(self.kind, self.records.database)
            if (kept := await merges.where(who.scope, record_id)) is None:
                raise
            detail = f"This {self.kind.label} was merged into {kept}."
            location = {"Location": f"{path_of(self.kind)}/{kept}"}
            raise BusinessError(detail, code=Code.BIZ_NOT_FOUND, headers=location) from exc

    async def past(self, who: Principal, record: UUID) -> Sequence[UUID]:
        """Return the ids under which the record's past is told: its own, and those of its parts."""
        return await Merges(self.kind, self.records.database).past(who.workspace, record)


@dataclass(frozen=True)
class MergeService:
    """Merges of records of one kind."""

    records: RecordService
    merges: Merges
    relations: Relations

    @property
    def kind(self) -> Kind:
        """The kind of the records."""
        return self.records.kind

    def within(self, unit: Connections) -> "MergeService":
        """Return the same, with its changes belonging to a unit of work."""
        return replace(self, records=self.records.within(unit), merges=Merges(self.kind, unit))

    async def of(self, who: Principal, record: UUID) -> Sequence[Merge]:
        """Return the merges of a record that is theirs to see, the newest first."""
        await self.records.get(who, record)
        return await self.merges.of(who.scope, record)

    async def merge(self, who: Principal, wanted: Wanted) -> Merged:
        """Make several records one; raises `CRMError`, and changes nothing, where that cannot be."""
        if len(set(wanted.ids)) < len(wanted.ids):
            raise wrong_value("/others", "must name other records, each once")

        async def work(locked: LockedRecords) -> Merged:
            return await self._merge(locked, wanted, await self._all(locked, wanted))

        merged = await self.records.records.locked(who, work)
        await self.records.announce(who)
        return merged

    async def _all(self, locked: LockedRecords, wanted: Wanted) -> Sequence[Record]:
        found = {record["id"]: record for record in await locked.many(list(wanted.ids))}
        self.records.unchanged(self.records.found(found.get(wanted.kept), locked.who), wanted.if_match)
        if missing := [place for place, other in enumerate(wanted.others) if other.id not in found]:
            problems = [FieldProblem(f"/others/{place}/id", "is not there") for place in missing]
            detail = f"Some of these {self.kind.labels} do not exist (any more); nothing was changed."
            raise BusinessError(detail, code=Code.BIZ_NOT_FOUND, errors=problems)
        for place, other in enumerate(wanted.others):
            if other.version not in (None, found[other.id]["version"]):
                problem = FieldProblem(f"/others/{place}/version", f"is {found[other.id]['version']} now")
                detail = f"Someone changed one of these {self.kind.labels} since you read it."
                raise BusinessError(detail, code=Code.BIZ_VERSION_MISMATCH, errors=[problem])
        return [found[record] for record in wanted.ids]

    async def _merge(self, locked: LockedRecords, wanted: Wanted, records: Sequence[Record]) -> Merged:
        kind, who, kept = self.kind, locked.who, records[0]
        changes = changed_values(kind, who, kept, merged_values(kind, records, wanted.fields))
        differences, others = told(kind, kept, changes), list(wanted.ids[1:])
        for record in records[1:]:  # first: what only one may have is free then
            await self.records.end(locked, record)
        entry = {**differences, "merged": {"old": None, "new": [str(other) for other in others]}}
        await locked.store(kept, changes, Entry(f"{kind.name}.merged", kind.name, kept["id"], entry))
        moved = await self.relations.move(locked.connection, who.workspace, others, kept["id"])
        merge = Merge(uuid7(), kept["id"], others, who.user, utc_now(), None)
        await self.merges.add(locked.connection, who, merge, {"values": differences, **moved})
        # Once more: what was moved may have changed it, such as when something was last done for it.
        record = self.records.found(await locked.current(kept["id"]), who)
        return Merged(merge.id, record, _counts(moved))

    async def undo(self, who: Principal, kept: UUID, merge: UUID, if_match: str | None = None) -> Undone:
        """Make several records of one again, as they were but for what was changed since.

        Raises `BusinessError` where a part is no longer in the trash, or was undone before.
        """

        async def work(locked: LockedRecords) -> Undone:
            record = self.records.unchanged(self.records.found(await locked.current(kept), who), if_match)
            if (found := await self.merges.one(locked.connection, who, kept, merge)) is None:
                raise not_found("merge")
            await self._check(locked, found[0])
            return await self._undo(locked, record, *found)

        undone = await self.records.records.locked(who, work)
        await self.records.announce(who)
        return undone

    async def _check(self, locked: LockedRecords, merge: Merge) -> None:
        if merge.undone_at is not None:
            raise BusinessError("This merge was undone already.", code=Code.BIZ_CONFLICT)
        there = await self.merges.parts(locked.connection, locked.who, merge)
        if gone := [str(other) for other in merge.others if other not in there]:
            detail = f"No longer in the trash as a part of this {self.kind.label}: {', '.join(gone)}."
            raise BusinessError(detail, code=Code.BIZ_CONFLICT)

    async def _undo(self, locked: LockedRecords, record: Record, merge: Merge, undoing: Any) -> Undone:
        kind, who, db = self.kind, locked.who, locked.connection
        values, left = undoing_values(kind, record, undoing["values"])
        patch = values_of(models_of(kind).patch.model_validate(values))
        changes = changed_values(kind, who, record, patch)
        entry = {
            **told(kind, record, changes),
            "merged": {"old": [str(each) for each in merge.others], "new": None},
        }
        await locked.store(record, changes, Entry(f"{kind.name}.unmerged", kind.name, record["id"], entry))
        for other in merge.others:
            await locked.restore(other)
        await self.relations.move_back(db, who.workspace, record["id"], undoing)
        await self.merges.end(db, who, merge.id)
        return Undone(self.records.found(await locked.current(record["id"]), who), left)


def _counts(moved: Any) -> dict[str, int]:
    counts = {
        name.partition(".")[0]: sum(len(ids) for ids in of_others.values())
        for name, of_others in moved["moved"].items()
    }
    return counts | {name: len(link["taken"]) for name, link in moved["links"].items()}
