"""The audit log as JSON, and the questions that a query string asks it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from hastecrm.core.bodies import SHOWN, parse_query_id, parse_query_text
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.identity import Principal
from hastecrm.features.audit.domain import AuditEntry, Question, may_see_changes


class ShownActor(BaseModel):
    """Who did it; the name is null when the account is gone."""

    model_config = SHOWN

    id: UUID
    name: str | None


class ShownAuditEntry(BaseModel):
    """An entry as `entry_json` shows it; `actor` is null for the installation itself."""

    model_config = SHOWN

    id: UUID
    at: datetime
    actor: ShownActor | None
    action: str
    entity: str
    entity_id: UUID | None
    changes: dict[str, Any] | None = Field(description="Null where you do not see every record.")
    address: str | None = Field(description="The network address that the request came from.")
    request_id: str | None


class ShownAuditPage(BaseModel):
    """Some entries, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownAuditEntry]
    next: str | None


def parse_question(query: Mapping[str, str]) -> Question:
    """Return what a query string asks for; raises `InvalidInputError`."""
    return Question(
        action=parse_query_text(query, "action"),
        actor=parse_query_id(query, "actor"),
        entity=parse_query_text(query, "entity"),
        entity_id=parse_query_id(query, "entity_id"),
        since=_moment(query, "since"),
    )


def entry_json(who: Principal, entry: AuditEntry) -> dict[str, Any]:
    """Return the entry as it is shown to this principal."""
    actor = {"id": str(entry.actor_id), "name": entry.actor_name} if entry.actor_id else None
    return {
        "id": str(entry.id),
        "at": entry.at,
        "actor": actor,
        "action": entry.action,
        "entity": entry.entity,
        "entity_id": str(entry.entity_id) if entry.entity_id else None,
        "changes": entry.changes if may_see_changes(who, entry) else None,
        "address": entry.address,
        "request_id": entry.request_id,
    }


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    wanted = "must be a moment such as 2030-01-02T03:04:05Z"
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError as exc:
        raise _wrong(name, wanted) from exc
    if moment.tzinfo is None:
        raise _wrong(name, wanted)
    return moment


def _wrong(name: str, problem: str) -> InvalidInputError:
    return InvalidInputError(f"{name} {problem}.", errors=[FieldProblem(name, problem, in_query=True)])
