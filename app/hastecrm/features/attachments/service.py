"""What can be done with the contents of attachments; all else is what every record can do."""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from uuid import UUID

from hastecrm.core.audit import Entry, differences
from hastecrm.core.bodies import not_found
from hastecrm.core.files.files import Files
from hastecrm.core.files.model import Stored
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Record
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.records.service import RecordService
from hastecrm.features.attachments.domain import ATTACHMENT
from hastecrm.features.attachments.repository import file_of, fill


@dataclass(frozen=True, slots=True)
class Target:
    """The attachment whose content is sent, and the state that it may replace (None: any)."""

    attachment: UUID
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of the attachments that a principal sees; `limit` in bytes."""

    records: RecordService
    files: Files
    limit: int

    async def put(self, who: Principal, target: Target, pieces: AsyncIterable[bytes]) -> Record:
        """Make what comes the content, once it is whole; raises `CRMError`, before any byte where it can."""
        record = self.records.unchanged(await self.records.get(who, target.attachment), target.if_match)
        file = await self.files.put(who.scope, record["name"], pieces, self.limit)

        async def work(locked: LockedRecords) -> Record:
            found = self.records.found(await locked.current(target.attachment), who)
            return await self._refer(locked, self.records.unchanged(found, target.if_match), file)

        stored = await self.records.records.locked(who, work)
        await self.records.announce(who)
        return stored

    async def get(self, who: Principal, attachment: UUID) -> tuple[Record, Stored]:
        """Return an attachment with its content; raises `BusinessError` where either is missing."""
        record = await self.records.get(who, attachment)
        file = await file_of(self.records.records.database, who.scope, attachment)
        stored = await self.files.find(who.scope, file) if file is not None else None
        if stored is None:
            raise not_found("content of an attachment")
        return record, stored

    async def _refer(self, locked: LockedRecords, record: Record, file: Stored) -> Record:
        values = {"media_type": file.media_type, "size": file.size, "sha256": file.sha256}
        changes = differences(record, values)
        await fill(locked.connection, locked.who.workspace, record["id"], file.id)
        entry = Entry(f"{ATTACHMENT.name}.changed", ATTACHMENT.name, record["id"], changes)
        return await locked.store(record, values, entry)
