"""What becomes of the values of records that are merged, and of a merge that is undone. No I/O here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hastecrm.core.bodies import wrong_value
from hastecrm.core.encoding import to_json
from hastecrm.core.records.kind import Kind, Record, Values

MOST: Final = 10  # records that become one at once
_CUSTOM: Final = "custom."


@dataclass(frozen=True, slots=True)
class Other:
    """A record that is to become a part of another one, and its state, where that matters."""

    id: UUID
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to become one; `fields` says from which record a field is taken."""

    kept: UUID
    others: Sequence[Other]
    fields: Mapping[str, UUID] = field(default_factory=dict)
    if_match: str | None = None

    @property
    def ids(self) -> Sequence[UUID]:
        """All of the records, the kept one first."""
        return [self.kept, *(other.id for other in self.others)]


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it: the record, and how many of what were moved to it."""

    id: UUID
    record: Record
    moved: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge of the past."""

    id: UUID
    kept_id: UUID
    others: Sequence[UUID]
    merged_by: UUID | None
    merged_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of undoing it: the record, and its fields that were changed since and so stay."""

    record: Record
    left: Sequence[str]


def merged_values(kind: Kind, records: Sequence[Record], chosen: Mapping[str, UUID]) -> Values:
    """Return what the first record gets: what was chosen, and from the others what it does not have.

    Tags are those of all. Raises `InvalidInputError` for a field or a record that cannot be chosen.
    """
    facets = [_facets(kind, record) for record in records]
    by_id = {record["id"]: facet for record, facet in zip(records, facets, strict=True)}
    _check(chosen, by_id)
    names = dict.fromkeys(name for facet in facets for name in facet)
    values = {name: _first(facets, name) for name in names}
    values |= {name: by_id[record].get(name) for name, record in chosen.items()}
    return _joined(kind, values, records)


def _facets(kind: Kind, record: Record) -> Mapping[str, Any]:
    """Return the values that can be chosen, those of fields that a workspace added as `custom.key`."""
    own = {name: record[name] for name in kind.writable if name not in ("tags", "custom")}
    custom = orjson.loads(record["custom"]) if kind.custom else {}
    return {**own, **{f"{_CUSTOM}{key}": value for key, value in custom.items()}}


def _check(chosen: Mapping[str, UUID], by_id: Mapping[UUID, Mapping[str, Any]]) -> None:
    for name, record in chosen.items():
        if record not in by_id:
            raise wrong_value(f"/fields/{name}", "must be the id of one of the records that are merged")
        if not any(name in facets for facets in by_id.values()):
            raise wrong_value(f"/fields/{name}", "is not a field that can be chosen")


def _first(facets: Sequence[Mapping[str, Any]], name: str) -> Any:
    return next((facet[name] for facet in facets if facet.get(name) not in (None, "")), facets[0].get(name))


def _joined(kind: Kind, values: Mapping[str, Any], records: Sequence[Record]) -> Values:
    own = {name: value for name, value in values.items() if not name.startswith(_CUSTOM)}
    if kind.custom:
        custom = {name: value for name, value in values.items() if name.startswith(_CUSTOM)}
        own["custom"] = {name.removeprefix(_CUSTOM): value for name, value in custom.items()}
    if kind.tagged:
        own["tags"] = [tag for record in records for tag in record["tags"]]
    return own


def undoing_values(
    kind: Kind, record: Record, changed: Mapping[str, Any]
) -> tuple[dict[str, Any], Sequence[str]]:
    """Return the values, as JSON, that take back what a merge changed, and the fields that changed since."""
    now: Mapping[str, Any] = orjson.loads(to_json(_plain(_facets(kind, record))))
    left = [name for name, each in changed.items() if name != "tags" and now.get(name) != each["new"]]
    values: dict[str, Any] = {}
    for name, each in _back(changed, left):
        if name.startswith(_CUSTOM):
            values.setdefault("custom", {})[name.removeprefix(_CUSTOM)] = each["old"]
        else:
            values[name] = each["old"]
    if kind.tagged and "tags" in changed:
        added = set(changed["tags"]["new"]) - set(changed["tags"]["old"])
        values["tags"] = [str(tag) for tag in record["tags"] if str(tag) not in added]
    return values, left


def _back(changed: Mapping[str, Any], left: Sequence[str]) -> Iterator[tuple[str, Any]]:
    return ((name, each) for name, each in changed.items() if name not in left and name != "tags")


def _plain(values: Mapping[str, Any]) -> Mapping[str, Any]:
    # asyncpg's own class of ids is unknown to orjson
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}
