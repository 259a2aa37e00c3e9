"""Merges as JSON."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from hastecrm.core.bodies import BODY, SHOWN, shown
from hastecrm.core.records import rendering
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.schemas import models_of
from hastecrm.features.merges.domain import MOST, Merge, Merged, Other, Undone, Wanted

_Name = Annotated[str, Field(min_length=1, max_length=60)]


class OtherBody(BaseModel):
    """A record that becomes a part of another one."""

    model_config = ConfigDict(**BODY, defer_build=True)

    id: UUID
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="The state that may be merged.")


class MergeBody(BaseModel):
    """Which records become a part of this one, and whose values it gets."""

    model_config = ConfigDict(**BODY, defer_build=True)

    others: Annotated[list[OtherBody], Field(min_length=1, max_length=MOST - 1)]
    fields: Annotated[dict[_Name, UUID], Field(max_length=200)] = Field(
        {},
        description="From which of the records a field is taken, such as `phone` or `custom.size`; all "
        "others stay and, where they are empty, get the value of the first other record that has one.",
    )

    def wanted(self, kept: UUID, if_match: str | None) -> Wanted:
        """Return what is asked for."""
        others = [Other(other.id, other.version) for other in self.others]
        return Wanted(kept, others, self.fields, if_match)


class ShownMerge(BaseModel):
    """A merge of the past."""

    model_config = SHOWN

    id: UUID
    others: list[UUID] = Field(description="What became a part of the record.")
    merged_by: UUID | None
    merged_at: datetime
    undone_at: datetime | None


class ShownMerges(BaseModel):
    """The merges of a record, the newest first."""

    model_config = SHOWN

    items: list[ShownMerge]


@lru_cache
def merged_model(kind: Kind) -> type[BaseModel]:
    """Return the model of what came of a merge, made once."""
    moved = (dict[str, int], Field(description="How many of what now belong to it."))
    return _model(f"Shown{kind.type_name}Merged", kind, merge=(UUID, ...), moved=moved)


@lru_cache
def undone_model(kind: Kind) -> type[BaseModel]:
    """Return the model of what came of undoing one, made once."""
    left = (list[str], Field(description="The fields that were changed since, and so stay as they are."))
    return _model(f"Shown{kind.type_name}Unmerged", kind, left=left)


def _model(name: str, kind: Kind, **fields: Any) -> type[BaseModel]:
    shape: Any = {"record": (models_of(kind).shown, ...), **fields}
    made: type[BaseModel] = create_model(name, __config__=SHOWN, **shape)
    return made


def merged_json(kind: Kind, merged: Merged) -> dict[str, Any]:
    """Return what is shown of what came of a merge."""
    return {"record": rendering.shown(kind, merged.record), "merge": merged.id, "moved": merged.moved}


def undone_json(kind: Kind, undone: Undone) -> dict[str, Any]:
    """Return what is shown of what came of undoing one."""
    return {"record": rendering.shown(kind, undone.record), "left": undone.left}


def merges_json(found: Sequence[Merge]) -> dict[str, Any]:
    """Return what is shown of the merges of a record."""
    return {"items": [shown(ShownMerge, each) for each in found]}
