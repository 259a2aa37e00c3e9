"""The audit log: who did what to which record, written in the transaction that did it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from structlog.contextvars import get_contextvars

from hastecrm.core.client_address import parse_address
from hastecrm.core.encoding import to_json
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal

COLUMNS: Final = "id, workspace_id, actor_id, action, entity, entity_id, changes, address, request_id"
_INSERT = f"INSERT INTO audit_log ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done, such as `contact.created`, and what it changed (never a secret)."""

    action: str
    entity: str
    entity_id: UUID | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changed, field by field: the old value and the new one."""
    return {
        name: {"old": _plain(before.get(name)), "new": _plain(value)}
        for name, value in after.items()
        if before.get(name) != value
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    # asyncpg returns a subclass of UUID that is unknown to orjson
    return str(value) if isinstance(value, UUID | Decimal) else value


async def record(
    connection: Any, entry: Entry, *, workspace: UUID | None, actor: UUID | None, address: str | None = None
) -> None:
    """Add an entry over the connection whose transaction does the thing itself.

    It names the request and, unless an address is given, the client that sent it.
    """
    await connection.execute(_INSERT, *row_of(entry, workspace=workspace, actor=actor, address=address))


def row_of(
    entry: Entry, *, workspace: UUID | None, actor: UUID | None, address: str | None = None
) -> tuple[Any, ...]:
    """Return the values of `COLUMNS`, for statements that add the entry together with what it is about."""
    told = get_contextvars()
    request_id, client = told.get("request_id"), parse_address(str(told.get("client")))
    changes = to_json(dict(entry.changes)).decode()
    values = (entry.action, entry.entity, entry.entity_id, changes, address or client, request_id)
    return (uuid7(), workspace, actor, *values)


async def record_of(connection: Any, principal: Principal, entry: Entry) -> None:
    """Add an entry about something that a principal did in their workspace."""
    await record(connection, entry, workspace=principal.workspace, actor=principal.user)
