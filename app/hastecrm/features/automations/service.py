"""What those who run a workspace learn of its automations beside what all records have."""

from dataclasses import dataclass
from uuid import UUID

from hastecrm.core.bodies import not_found
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.features.automations.domain import Run
from hastecrm.features.automations.repository import Runs


@dataclass(frozen=True, slots=True)
class AutomationService:
    """The log."""

    runs: Runs

    async def page(self, who: Principal, automation: UUID, page: PageRequest) -> Page[Run]:
        """Return the newest runs; raises `BusinessError` for an automation that is not there."""
        if not await self.runs.is_there(who.scope, automation):
            raise not_found("automation")
        found = await self.runs.page(who.scope, automation, page)
        return Page.of(found, page, lambda run: (run.created_at, run.id))
