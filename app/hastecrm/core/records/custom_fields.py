"""The fields that workspaces add: which there are, and whether values fit them.

They change rarely and are needed with each record that is written, so each process remembers them for some
seconds. A value that does not fit what is remembered is looked at again with what is there now.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from hastecrm.core.errors import FieldProblem, InvalidInputError

TYPES: Final = ("text", "number", "date", "boolean", "select", "multiselect")
CHOOSING: Final = ("select", "multiselect")
REMEMBERED: Final = 5.0  # seconds
_MOST: Final = 10_000  # workspaces
_READ: Final = (
    "SELECT key, type, options, required FROM custom_fields WHERE workspace_id = $1 AND entity = $2 "
    "ORDER BY position, id"
)


@dataclass(frozen=True, slots=True)
class CustomField:
    """One field that a workspace added."""

    key: str
    type: str
    options: Sequence[str]
    required: bool


Known = Mapping[str, CustomField]


@dataclass(frozen=True)
class CustomFields:
    """Those of every workspace, as this process remembers them."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[UUID | None, str], tuple[float, Known]] = field(default_factory=dict)

    async def check(
        self, connection: Any, workspace: UUID | None, entity: str, custom: Mapping[str, Any]
    ) -> None:
        """Raise `InvalidInputError` that names each value which does not fit; `custom` is the whole."""
        until, known = self._known.get((workspace, entity), (0.0, {}))
        if self.clock() < until and not list(problems(known, custom)):
            return
        known = await self._read(connection, workspace, entity)
        if wrong := list(problems(known, custom)):
            where = ", ".join(problem.where for problem in wrong)
            raise InvalidInputError(f"Correct the following and send it again: {where}.", errors=wrong)

    async def known(
        self, connection: Any, workspace: UUID | None, entity: str, keys: Collection[str]
    ) -> Known:
        """Return the fields of a kind by key, looked at again where one of these keys is not remembered."""
        until, known = self._known.get((workspace, entity), (0.0, {}))
        if self.clock() < until and known.keys() >= set(keys):
            return known
        return await self._read(connection, workspace, entity)

    async def _read(self, connection: Any, workspace: UUID | None, entity: str) -> Known:
        rows = await connection.fetch(_READ, workspace, entity)
        known = {row["key"]: CustomField(**row) for row in rows}
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[workspace, entity] = (self.clock() + REMEMBERED, known)
        return known


def problems(known: Known, custom: Mapping[str, Any]) -> Iterator[FieldProblem]:
    """Yield what is wrong with the values of one record."""
    for key, value in custom.items():
        if key not in known:
            yield FieldProblem(f"/custom/{key}", "is not a field of this workspace")
        elif (problem := _problem(known[key], value)) is not None:
            yield FieldProblem(f"/custom/{key}", problem)
    for each in known.values():
        if each.required and each.key not in custom:
            yield FieldProblem(f"/custom/{each.key}", "is required")


def _problem(known: CustomField, value: Any) -> str | None:
    if known.type == "multiselect":
        fits = isinstance(value, list) and set(value) <= set(known.options)
        return None if fits else f"must be a list of some of {', '.join(known.options)}"
    if known.type == "select":
        return None if value in known.options else f"must be one of {', '.join(known.options)}"
    if known.type == "date":
        return None if _is_date(value) else "must be a date such as 2026-01-31"
    fits = isinstance(value, bool) if known.type == "boolean" else _is_plain(known.type, value)
    return (
        None
        if fits
        else {"boolean": "must be true or false", "number": "must be a number"}.get(
            known.type, "must be text"
        )
    )


def _is_plain(type_: str, value: Any) -> bool:
    if type_ == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == len("2026-01-31") and bool(date.fromisoformat(value))
    except ValueError:
        return False
