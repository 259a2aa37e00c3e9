"""The same change of many records at once: all of it happens, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model
from pydantic import Field as Constraint

from hastecrm.core.bodies import BODY, SHOWN
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind, Record, Values
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.core.records.service import RecordService
from hastecrm.core.records.types import Tags

MOST: Final = 200
_Ids = Annotated[list[UUID], Constraint(min_length=1, max_length=MOST, description="Of whom or what.")]


class ChosenRecords(BaseModel):
    """Names records."""

    model_config = ConfigDict(**BODY, defer_build=True)

    ids: _Ids


class ShownBulk(BaseModel):
    """How many records are no longer as they were; the others were so already."""

    model_config = SHOWN

    changed: int = Constraint(ge=0)


@dataclass(frozen=True, slots=True)
class BulkChange:
    """New values for some fields of many records, and tags that they get or lose."""

    ids: Sequence[UUID]
    values: Values
    add_tags: Sequence[UUID] = field(default=())
    remove_tags: Sequence[UUID] = field(default=())

    @classmethod
    def of(cls, body: Any) -> "BulkChange":
        """Return what a body asks for."""
        values = values_of(body.change) if body.change is not None else {}
        tags = {name: getattr(body, name) for name in ("add_tags", "remove_tags") if hasattr(body, name)}
        return cls(_once(body.ids), values, **tags)

    def values_for(self, record: Record) -> Values:
        """Return what one of the records is to have."""
        if not self.add_tags and not self.remove_tags:
            return self.values
        tags = {*self.values.get("tags", record["tags"]), *self.add_tags} - set(self.remove_tags)
        return {**self.values, "tags": list(tags)}


@lru_cache
def bulk_model(kind: Kind) -> type[BaseModel]:
    """Return the body of a bulk change of a kind, made once."""
    patch: Any = models_of(kind).patch
    fields: dict[str, Any] = {
        "ids": (_Ids, ...),
        "change": (patch | None, Constraint(None, description="The fields that change, as in a PATCH.")),
    }
    if kind.tagged:
        fields["add_tags"] = (Tags, Constraint([], description="Tags that they get."))
        fields["remove_tags"] = (Tags, Constraint([], description="Tags that they lose."))
    config = ConfigDict(**BODY, defer_build=True)
    made: type[BaseModel] = create_model(f"Bulk{kind.type_name}", __config__=config, **fields)
    return made


async def change_many(service: RecordService, who: Principal, wanted: BulkChange) -> int:
    """Change records; return how many are not as they were. Raises `CRMError` when one of them cannot be."""

    async def work(locked: LockedRecords) -> int:
        changed = 0
        for record in await _all(service, locked, wanted.ids):
            stored = await service.store(locked, record, wanted.values_for(record))
            changed += stored["version"] != record["version"]
        return changed

    return await _done(service, who, work)


async def delete_many(service: RecordService, who: Principal, ids: Sequence[UUID]) -> int:
    """Put records into the trash, or remove them; return how many. Raises `CRMError` likewise."""

    async def work(locked: LockedRecords) -> int:
        found = await _all(service, locked, _once(ids))
        for record in found:
            await service.end(locked, record)
        return len(found)

    return await _done(service, who, work)


async def _done(service: RecordService, who: Principal, work: Any) -> int:
    changed: int = await service.records.locked(who, work, service.reach(who))
    await service.announce(who)
    return changed


async def _all(service: RecordService, locked: LockedRecords, ids: Sequence[UUID]) -> Sequence[Record]:
    found = await locked.many(ids)
    seen = service.kind.is_seen or (lambda _record, _user: True)
    there = {record["id"] for record in found if seen(record, locked.who.user)}
    if missing := [position for position, each in enumerate(ids) if each not in there]:
        problems = [FieldProblem(f"/ids/{position}", "is not there") for position in missing]
        detail = (
            f"{len(missing)} of these {service.kind.labels} do not exist (any more); nothing was changed."
        )
        raise BusinessError(detail, code=Code.BIZ_NOT_FOUND, errors=problems)
    return found


def _once(ids: Sequence[UUID]) -> Sequence[UUID]:
    return list(dict.fromkeys(ids))
