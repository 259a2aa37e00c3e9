"""The worker's jobs of automations: what an event starts, what one run does, which deals have stalled.

All that a run does, its line in the log and the end of its job are one transaction, so it happens once.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from hastecrm.core.clock import Clock
from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError, SystemFaultError
from hastecrm.core.identity import Principal
from hastecrm.core.jobs.model import Task
from hastecrm.core.policy import Resource, Right, Verb, allows
from hastecrm.core.records.filters.parser import parse_filter
from hastecrm.core.records.listing import Chosen
from hastecrm.core.scope import SYSTEM
from hastecrm.core.unit_of_work import UnitOfWork
from hastecrm.features.automations import repository
from hastecrm.features.automations.acting import Acting, Means
from hastecrm.features.automations.domain import DEEPEST, Action, Status, fired, starts
from hastecrm.features.automations.repository import Pending, Started

_NEEDED = Right(Resource.DEAL, Verb.UPDATE)
_DEPTH = "SELECT set_config('hastecrm.depth', $1, true)"
_PURGE_LIMIT = 10_000


async def start(task: Task[Started]) -> None:
    """Let those automations start that an event is for."""
    started = task.payload
    async with task.finishing() as connection:
        event = await repository.event(connection, started)
        if event is None:
            return
        found = set(fired(event["action"], orjson.loads(event["changes"])))
        wanted = [
            each for each in await repository.active(connection, started.workspace) if starts(each, found)
        ]
        if not wanted:
            return
        refusal = await _refusal(connection, started)
        for automation in wanted:
            await repository.start(connection, started, automation, event["entity_id"], refusal)


async def _refusal(connection: Any, started: Started) -> str | None:
    if started.depth >= DEEPEST:
        return f"{DEEPEST} automations have started each other: this looks like a loop"
    if await repository.is_busy(connection, started.workspace):
        return f"more than {repository.MOST_A_MINUTE} automations started within a minute"
    return None


@dataclass(frozen=True, slots=True)
class RunAutomation:
    """Runs one automation for one deal."""

    database: Database
    means: Means

    async def __call__(self, task: Task[Pending]) -> None:
        """Do all that the automation does, or nothing where a part is not possible, and note which."""
        run = await self.database.read(lambda db: repository.pending(db, task.payload.run), SYSTEM)
        if run is None:
            return
        query = (run["workspace_id"], run["created_by"])
        who = await self.database.read(lambda db: repository.maker(db, *query), SYSTEM)
        if (why := _why_not(run, who)) is not None or who is None:
            await self._end(task, run, Status.SKIPPED, why)
            return
        try:
            await self._run(task, run, who)
        except SystemFaultError:
            raise  # not ours: the job is tried again
        except (CRMError, ValueError) as exc:
            await self._end(task, run, Status.FAILED, str(exc)[:500])

    async def _run(self, task: Task[Pending], run: Any, who: Principal) -> None:
        async with task.finishing(who.scope) as connection:
            await connection.execute(_DEPTH, str(run["depth"] + 1))
            unit = UnitOfWork(connection, who.scope)
            if not await self._is_meant(unit, run, who):
                await repository.end(
                    connection, run["id"], Status.SKIPPED, "the filter does not find the deal"
                )
                return
            acting = Acting(self.means, unit, connection, who, run)
            for text in run["actions"]:
                await acting.do(Action.parse(text))
            await repository.end(connection, run["id"], Status.SUCCESS)

    async def _is_meant(self, unit: UnitOfWork, run: Any, who: Principal) -> bool:
        deal = f'id = "{run["deal_id"]}"'
        text = f"({run['filter']}) AND {deal}" if run["filter"] else deal
        found = await self.means.services["deal"].within(unit).count(who, Chosen(parse_filter(text)))
        return found.value > 0

    async def _end(self, task: Task[Pending], run: Any, status: Status, why: str | None) -> None:
        async with task.finishing() as connection:
            await repository.end(connection, run["id"], status, why)


def _why_not(run: Any, who: Principal | None) -> str | None:
    if not run["active"]:
        return "the automation was switched off"
    if who is None or not allows(who.role, _NEEDED):
        return "whoever made the automation may not change deals any more"
    return None


async def find_stalled(connection: Any) -> int:
    """Let automations start for deals that have stalled; return how many."""
    return await repository.start_stalled(connection)


@dataclass(frozen=True, slots=True)
class PurgeRuns:
    """The worker's job that forgets old runs."""

    clock: Clock
    retention: timedelta

    async def __call__(self, connection: Any) -> int:
        """Remove those that ended and were kept for long enough; return how many."""
        return await repository.purge(connection, self.clock() - self.retention, _PURGE_LIMIT)
