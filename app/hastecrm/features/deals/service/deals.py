"""Deals as records: where a new one begins, and what a change of stage or status brings with it."""

from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.bodies import not_found, wrong_value
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.records.kind import Record, Values
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.records.service import RecordService
from hastecrm.features.deals.domain import STANDING, Stage, Status, begun, placed, target
from hastecrm.features.deals.repository.moves import add_transition, stages_around
from hastecrm.features.deals.repository.people import MOST, DealPeople, DealPerson, people_of
from hastecrm.features.deals.repository.transitions import NotedTransition, page_of, transitions_of
from hastecrm.features.deals.service.moves import new_position


class DealService(RecordService):
    """What a principal can do with the deals that are theirs to see."""

    async def create(self, who: Principal, values: Values) -> Record:
        """Add a deal, to the first stage of the default pipeline unless a stage is named."""
        wanted = values.get("stage_id")
        stages = await self.records.database.read(lambda db: stages_around(db, who, wanted), who.scope)
        stage = _named(stages, wanted) if wanted is not None else stages[0]
        standing = begun(stage, values, self.clock())
        return await super().create(who, {**values, **standing, "position": new_position(self.clock)})

    async def store(self, locked: LockedRecords, record: Record, values: Values) -> Record:
        """Store what is new; with another stage or status all that follows from it."""
        if not STANDING & set(values):
            return await super().store(locked, record, values)
        stage = await self._stage(locked, record, values)
        # Only another stage gives a deal another status without a word.
        wanted = values if "stage_id" in values else {"status": record["status"], **values}
        moved = placed(record, stage, wanted, self.clock())
        changes: dict[str, Any] = {**values, **moved.values}
        if stage.id != record["stage_id"]:
            changes["position"] = new_position(self.clock)
        stored = await super().store(locked, record, changes)
        if moved.transition is not None:
            await add_transition(locked.connection, locked.who, record, moved.transition)
        return stored

    async def transitions(self, who: Principal, deal: UUID, page: PageRequest) -> Page[NotedTransition]:
        """Return how a deal came to where it is."""
        await self.get(who, deal)
        found = await transitions_of(self.records.database, who.scope, [deal], page)
        return page_of(found[deal], page)

    async def people(self, who: Principal, deal: UUID) -> list[DealPerson]:
        """Return the people of a deal, the primary one first."""
        await self.get(who, deal)
        return (await people_of(self.records.database, who.scope, [deal]))[deal]

    async def put_person(self, who: Principal, deal: UUID, contact: UUID, *, is_primary: bool) -> None:
        """Put a contact into a deal, or make it the primary one; raises `BusinessError` for one too many."""

        async def work(locked: LockedRecords) -> None:
            people = await self._people(locked, deal)
            if await people.count() >= MOST:
                detail = f"A deal can have {MOST} people: take somebody out first."
                raise BusinessError(detail, code=Code.BIZ_CONFLICT)
            if not await people.put(contact, is_primary=is_primary):
                raise not_found("contact")
            await _noted(locked, "deal.contact_added", deal, contact)

        await self.records.locked(who, work)
        await self.announce(who)

    async def remove_person(self, who: Principal, deal: UUID, contact: UUID) -> None:
        """Take a contact out of a deal; raises `BusinessError` for one who is not in it."""

        async def work(locked: LockedRecords) -> None:
            people = await self._people(locked, deal)
            if not await people.remove(contact):
                raise not_found("contact")
            await _noted(locked, "deal.contact_removed", deal, contact)

        await self.records.locked(who, work)
        await self.announce(who)

    async def _people(self, locked: LockedRecords, deal: UUID) -> DealPeople:
        self.found(await locked.current(deal), locked.who)
        return DealPeople(locked.connection, locked.who.workspace, deal)

    async def _stage(self, locked: LockedRecords, record: Record, values: Values) -> Stage:
        wanted = values.get("stage_id", record["stage_id"])
        stages = await stages_around(locked.connection, locked.who, wanted, record["pipeline_id"])
        if "stage_id" in values:
            return _named(stages, wanted)
        return target(stages, record, Status(values.get("status", record["status"])))


def _named(stages: list[Stage], wanted: UUID) -> Stage:
    for stage in stages:
        if stage.id == wanted:
            return stage
    raise wrong_value("/stage_id", "names no stage of a pipeline that is in use")


async def _noted(locked: LockedRecords, action: str, deal: UUID, contact: UUID) -> None:
    entry = Entry(action, "deal", deal, {"contact_id": str(contact)})
    await record_of(locked.connection, locked.who, entry)
