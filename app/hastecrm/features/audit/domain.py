"""What an entry of the audit log is, and what can be asked about them. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hastecrm.core.identity import Principal

# Entries about these tell what stands in records, so they are for those who see every record.
RECORDS: Final = frozenset({"contact", "company", "deal", "activity", "task", "note"})


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done: by whom (None: the installation), to what, and what it changed."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    actor_name: str | None
    action: str
    entity: str
    entity_id: UUID | None
    changes: Mapping[str, Any]
    address: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """Which entries are wanted; None stands for any."""

    action: str | None = None
    actor: UUID | None = None
    entity: str | None = None
    entity_id: UUID | None = None
    since: datetime | None = None


def may_see_changes(who: Principal, entry: AuditEntry) -> bool:
    """Whether the values that changed may be shown: the log must not widen anyone's view of the records."""
    return who.owners is None or entry.entity not in RECORDS
