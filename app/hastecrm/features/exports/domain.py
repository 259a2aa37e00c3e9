"""The formats of exports, and the SQL that makes each line. No I/O here.

PostgreSQL writes the lines: a million records never become objects of this process.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.records.custom_fields import Known
from hastecrm.core.records.filters.custom import CUSTOM
from hastecrm.core.records.kind import TEXTUAL, Kind, Type

# What spreadsheets take for a formula (OWASP, "CSV Injection"); telephone numbers begin with + and are none.
_FORMULA: Final = r"^[=+@\t\r-]"
_NUMBER: Final = r"^[+-][0-9 ()/.-]*$"
_TAGS: Final = (
    "CASE WHEN tags <> '{}' THEN (SELECT string_agg(name, ', ' ORDER BY name) FROM tags "
    "WHERE tags.workspace_id = $1 AND tags.id = ANY (page.tags)) END"
)


class Format(StrEnum):
    """What a file can be."""

    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}.get(
            self, "application/json"
        )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file, and the SQL that gives its value."""

    name: str
    sql: str


def columns_of(kind: Kind, format_: Format, known: Known) -> Mapping[str, Column]:
    """Return what a file can have, by name, in order; fields of the workspace's own have one each."""
    every = _spread(kind, known) if format_ is Format.CSV else _whole(kind)
    return {column.name: column for column in every}


def chosen(available: Mapping[str, Column], names: str | None) -> Sequence[Column]:
    """Return the columns that a query string names; raises `InvalidInputError` for one that is not there."""
    wanted = names.split(",") if names is not None else list(available)
    if unknown := [name for name in wanted if name not in available]:
        told = f"names {unknown[0][:60]!r}; there are {', '.join(available)}"
        raise InvalidInputError(f"columns {told}.", errors=[FieldProblem("columns", told, in_query=True)])
    return [available[name] for name in dict.fromkeys(wanted)]


def select(format_: Format, columns: Sequence[Column], page: str) -> str:
    """Return the statement of all lines, given that of the records."""
    values = ", ".join(f"{column.sql} AS {_quoted(column.name)}" for column in columns)
    lines = f"SELECT {values} FROM ({page}) AS page"  # noqa: S608
    return lines if format_ is Format.CSV else f"SELECT row_to_json(line) FROM ({lines}) AS line"  # noqa: S608


def _spread(kind: Kind, known: Known) -> Iterator[Column]:
    for name in kind.columns:
        if name == "custom":
            yield from (Column(f"{CUSTOM}{key}", _custom(key, known[key].type)) for key in known)
        else:
            yield Column(name, _guarded(_TAGS) if name == "tags" else _cell(kind, name))


def _cell(kind: Kind, name: str) -> str:
    type_ = kind.by_name[name].type
    if type_ is Type.DATETIME:
        return _moment(name, "Z")
    if type_ is Type.TEXTS:
        return _guarded(f"array_to_string({name}, ', ')")
    return _guarded(name) if type_ in TEXTUAL else name


def _custom(key: str, type_: str) -> str:
    value = f"custom ->> '{key}'"
    if type_ == "multiselect":
        found = f"jsonb_array_elements_text(custom -> '{key}')"
        return _guarded(f"(SELECT string_agg(one, ', ') FROM {found} AS one)")  # noqa: S608
    return value if type_ in ("number", "boolean", "date") else _guarded(f"({value})")


def _guarded(value: str) -> str:
    return (
        f"CASE WHEN {value} ~ E'{_FORMULA}' AND {value} !~ '{_NUMBER}' THEN '''' || {value} ELSE {value} END"
    )


def _whole(kind: Kind) -> Iterator[Column]:
    for name in kind.columns:
        type_ = kind.by_name[name].type if name in kind.by_name else None
        as_text = {Type.MONEY: f"{name}::text", Type.DATETIME: _moment(name, "+00:00")}
        yield Column(name, as_text.get(type_, name) if type_ else name)


def _moment(name: str, zone: str) -> str:
    return f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"{zone}"')"""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
