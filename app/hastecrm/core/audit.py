"""The audit log: who did what to which record, written in the transaction that did it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from structlog.contextvars import get_contextvars

from hastecrm.core.client_address import parse_address
from hastecrm.core.encoding import to_json
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal

_INSERT = (
    "INSERT INTO audit_log "
    "(id, workspace_id, actor_id, action, entity, entity_id, changes, address, request_id) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
)


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
    return str(value) if isinstance(value, UUID) else value  # asyncpg returns a subclass unknown to orjson


async def record(
    connection: Any, entry: Entry, *, workspace: UUID | None, actor: UUID | None, address: str | None = None
) -> None:
    """Add an entry over the connection whose transaction does the thing itself.

    It names the request and, unless an address is given, the client that sent it.
    """
    told = get_contextvars()
    request_id, client = told.get("request_id"), parse_address(str(told.get("client")))
    changes = to_json(dict(entry.changes)).decode()
    values = (entry.action, entry.entity, entry.entity_id, changes, address or client, request_id)
    await connection.execute(_INSERT, uuid7(), workspace, actor, *values)


async def record_of(connection: Any, principal: Principal, entry: Entry) -> None:
    """Add an entry about something that a principal did in their workspace."""
    await record(connection, entry, workspace=principal.workspace, actor=principal.user)
