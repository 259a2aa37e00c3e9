"""Which records are there already: by their unique field, and by their name; one statement for all rows."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from hastecrm.core.records.kind import Kind, Record, Target, Values
from hastecrm.features.imports.reading import Row

_FIND = (
    "SELECT id, version, {key} AS key FROM {table} "
    "WHERE workspace_id = $1 AND deleted_at IS NULL AND {key} = ANY ($2)"
)

# Of one name there may be several: a row does not say which one it means.
_NAMED = (
    "SELECT name, min(id::text)::uuid AS id FROM {table} "
    "WHERE workspace_id = $1 AND deleted_at IS NULL AND name = ANY ($2) GROUP BY name HAVING count(*) = 1"
)


class Known:
    """The id and version of records by the value of their unique field, in whatever case."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._found = {row["key"].lower(): (row["id"], row["version"]) for row in rows}

    def get(self, key: str | None) -> tuple[UUID, int] | None:
        """Return what a record with this value has, or None when none has it."""
        return self._found.get(key.lower()) if key else None

    def put(self, key: str | None, record: Record) -> None:
        """Remember a record as it is now."""
        if key:
            self._found[key.lower()] = (record["id"], record["version"])


async def known_by(
    connection: Any, kind: Kind, key: str, workspace: UUID | None, values: Sequence[str]
) -> Known:
    """Return the records that have one of these values, as they are written or in small letters.

    A comparison in any case would read the whole table: row-level security keeps lower() out of indexes.
    """
    asked = sorted({*values, *(value.lower() for value in values)})
    return Known(await connection.fetch(_FIND.format(key=key, table=kind.plural), workspace, asked))


async def named(
    connection: Any, target: Target, workspace: UUID | None, names: Sequence[str]
) -> Mapping[str, UUID]:
    """Return the ids of the records that have one of these names, and have it alone."""
    found = await connection.fetch(_NAMED.format(table=target.table), workspace, sorted(set(names)))
    return {row["name"]: row["id"] for row in found}


async def linked(
    connection: Any, kind: Kind, workspace: UUID | None, read: Sequence[tuple[Row, Values]]
) -> Sequence[tuple[Row, Values]]:
    """Return the rows with references to what they name in words, where it is there: `company_id`."""
    for field in kind.references:
        word = field.name.removesuffix("_id")
        names = [values[word] for _row, values in read if values.get(word)]
        if field.refers_to is not None and names:
            ids = await named(connection, field.refers_to, workspace, names)
            read = [(row, _with(values, field.name, ids.get(values.get(word) or ""))) for row, values in read]
    return read


def _with(values: Values, name: str, value: UUID | None) -> Values:
    return values if value is None else {**values, name: value}


def key_of(kind: Kind) -> str:
    """Return the field by which an import knows a record again."""
    return next(iter(kind.unique.values()))
