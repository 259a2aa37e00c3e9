"""What can be done with the audit log: look at it, and let it end."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hastecrm.core.clock import Clock
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.features.audit import repository
from hastecrm.features.audit.domain import AuditEntry, Question
from hastecrm.features.audit.repository import AuditLog

_PURGE_LIMIT = 20_000


class AuditService:
    """What those who run a workspace can see of what was done in it."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def page(self, who: Principal, question: Question, request: PageRequest) -> Page[AuditEntry]:
        """Return the newest entries that answer the question."""
        found = await self._log.page(who, question, request)
        return Page.of(found, request, lambda entry: (entry.at, entry.id))


@dataclass(frozen=True, slots=True)
class PurgeAudit:
    """The worker's job that ends the life of old entries."""

    clock: Clock
    retention: timedelta

    async def __call__(self, connection: Any) -> int:
        """Remove entries that are older than the retention; return how many."""
        return await repository.purge(connection, self.clock() - self.retention, _PURGE_LIMIT)
