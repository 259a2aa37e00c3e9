"""What can be done with activities, tasks and timelines beside what can be done with all records."""

from dataclasses import dataclass
from uuid import UUID

from hastecrm.core.bodies import not_found
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.records.kind import Record, Values
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.records.service import RecordService
from hastecrm.features.timeline.domain import Happening, Subject, completion, is_completing
from hastecrm.features.timeline.recurrence import next_task
from hastecrm.features.timeline.repository import Timelines, time_zone


class ActivityService(RecordService):
    """What a principal can do with the activities that are theirs to see."""

    async def create(self, who: Principal, values: Values) -> Record:
        """Add an activity, of this moment unless another one is given."""
        return await super().create(who, {"occurred_at": self.clock(), **values})


class TaskService(RecordService):
    """What a principal can do with the tasks that are theirs to see."""

    async def create(self, who: Principal, values: Values) -> Record:
        """Add a task, one's own unless another member is named."""
        return await super().create(who, completion(None, values, self.clock()))

    async def store(self, locked: LockedRecords, record: Record, values: Values) -> Record:
        """Store what is new; the moment of completion comes and goes with the status.

        Completing a task that repeats makes the next one, which then repeats in its place: whoever opens this
        one again and completes it once more makes no second one.
        """
        now = self.clock()
        values = completion(record, values, now)
        repeats = values.get("repeats", record["repeats"])
        if repeats is None or not is_completing(record, {**record, **values}):
            return await super().store(locked, record, values)
        stored = await super().store(locked, record, {**values, "repeats": None})
        zone = await time_zone(locked.connection, stored["owner_id"])
        if (following := next_task({**stored, "repeats": repeats}, zone, now)) is not None:
            await locked.add(uuid7(), following)
        return stored


@dataclass(frozen=True, slots=True)
class TimelineService:
    """What a principal gets to know about a record's past."""

    timelines: Timelines

    async def page(
        self, who: Principal, subject: Subject, record: UUID, page: PageRequest
    ) -> Page[Happening]:
        """Return what happened last; raises `BusinessError` for a record that is not there to be seen."""
        if not await self.timelines.is_there(who.scope, subject, record):
            raise not_found(subject)
        found = await self.timelines.page(who.scope, subject, record, page)
        return Page.of(found, page, lambda happening: (happening.at, happening.id))
