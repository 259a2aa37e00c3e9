"""The statements about runs of automations."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from hastecrm.core.identity import Principal, Role, Visibility, visible_owners
from hastecrm.core.jobs.model import Payload
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.pagination import PageRequest
from hastecrm.core.records.kind import Target
from hastecrm.core.records.statements import living
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.automations.domain import Run, Status

START: Final = "start_automations"  # the trigger on the audit log names it, too
RUN: Final = "run_automation"
STALLED: Final = "find_stalled_deals"
MOST_A_MINUTE: Final = 1_000
_AT_ONCE: Final = 1_000
_COLUMNS: Final = "id, deal_id, event_id, status, reason, depth, created_at, ended_at"
_PAGE = (
    f"SELECT {_COLUMNS} FROM automation_runs WHERE workspace_id = $1 AND automation_id = $2 "  # noqa: S608
    "AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid)) "
    "ORDER BY created_at DESC, id DESC LIMIT $3"
)
_EVENT = "SELECT action, entity_id, changes FROM audit_log WHERE workspace_id = $1 AND id = $2"
_ACTIVE = (
    "SELECT id, trigger, stage_id, delay_minutes FROM automations "
    "WHERE workspace_id = $1 AND active ORDER BY id"
)
# No automation starts twice by the same event.
_ADD = """
INSERT INTO automation_runs
    (id, workspace_id, automation_id, deal_id, event_id, depth, status, reason, ended_at)
VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, CASE WHEN $7::text IS NOT NULL THEN now() END)
ON CONFLICT (automation_id, event_id) DO NOTHING
RETURNING id, now() + $8 * interval '1 minute' AS run_at
"""
_RECENT = (
    "SELECT count(*) FROM (SELECT 1 FROM automation_runs WHERE workspace_id = $1 "
    "AND created_at > now() - interval '1 minute' LIMIT $2) AS recent"
)
_PENDING = """
SELECT r.id, r.workspace_id, r.deal_id, r.event_id, r.depth, a.active, a.filter, a.actions, a.created_by
FROM automation_runs AS r JOIN automations AS a ON a.workspace_id = r.workspace_id AND a.id = r.automation_id
WHERE r.id = $1 AND r.status = 'pending'
"""
_END = "UPDATE automation_runs SET status = $2, reason = $3, ended_at = now() WHERE id = $1"
_MAKER = """
SELECT m.role, m.visibility, CASE WHEN m.visibility = 'team' THEN ARRAY(
    SELECT t.user_id FROM memberships AS t WHERE t.workspace_id = m.workspace_id AND t.team_id = m.team_id
) ELSE '{}' END AS team
FROM memberships AS m JOIN users AS u ON u.id = m.user_id AND u.disabled_at IS NULL
WHERE m.workspace_id = $1 AND m.user_id = $2
"""
# Once for each time that a deal came into a stage.
_STALLED = """
INSERT INTO automation_runs (id, workspace_id, automation_id, deal_id, event_id, depth)
SELECT gen_random_uuid(), a.workspace_id, a.id, d.id, md5(d.id::text || d.stage_entered_at::text)::uuid, 0
FROM automations AS a JOIN deals AS d ON d.workspace_id = a.workspace_id AND d.status = 'open'
    AND d.deleted_at IS NULL AND (a.stage_id IS NULL OR d.stage_id = a.stage_id)
    AND d.stage_entered_at < now() - a.days * interval '1 day'
WHERE a.active AND a.trigger = 'deal_stalled' AND NOT EXISTS (
    SELECT FROM automation_runs AS r
    WHERE r.automation_id = a.id AND r.event_id = md5(d.id::text || d.stage_entered_at::text)::uuid
) LIMIT $1 ON CONFLICT (automation_id, event_id) DO NOTHING RETURNING id
"""
_PURGE = (
    "DELETE FROM automation_runs WHERE id IN (SELECT id FROM automation_runs "
    "WHERE created_at < $1 AND status <> 'pending' ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
)


class Started(Payload):
    """The payload of the job that looks what an event starts."""

    workspace: UUID
    event: UUID
    depth: int = 0


class Pending(Payload):
    """The payload of the job that runs one automation."""

    run: UUID


class Runs:
    """The log of one workspace's automations, as a scope shows it."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def is_there(self, scope: Scope, automation: UUID) -> bool:
        """Whether there is such an automation."""
        query = (living(Target("automation", "automations", trashed=False)), scope.workspace, automation)
        return await self._database.read(lambda db: db.fetchval(*query), scope) is not None

    async def page(self, scope: Scope, automation: UUID, page: PageRequest) -> list[Run]:
        """Return the newest runs, one more than asked for if there are more."""
        query = (_PAGE, scope.workspace, automation, page.limit + 1, *page.key)
        rows = await self._database.read(lambda db: db.fetch(*query), scope)
        return [Run(**{**row, "status": Status(row["status"])}) for row in rows]


async def event(connection: Any, started: Started) -> Any | None:
    """Return what happened; None when it is not known any more."""
    return await connection.fetchrow(_EVENT, started.workspace, started.event)


async def active(connection: Any, workspace: UUID) -> list[Any]:
    """Return the automations of a workspace that may start."""
    return list(await connection.fetch(_ACTIVE, workspace))


async def is_busy(connection: Any, workspace: UUID) -> bool:
    """Whether automations of a workspace started so often just now that no more may."""
    return bool(await connection.fetchval(_RECENT, workspace, MOST_A_MINUTE) >= MOST_A_MINUTE)


async def start(
    connection: Any, started: Started, automation: Mapping[str, Any], deal: UUID, refusal: str | None
) -> None:
    """Let an automation start by an event, unless it has, or note why it may not."""
    status = Status.PENDING if refusal is None else Status.SKIPPED
    values = (deal, started.event, started.depth, status, refusal, automation["delay_minutes"])
    made = await connection.fetchrow(_ADD, started.workspace, automation["id"], *values)
    if made is not None and refusal is None:
        await enqueue(connection, RUN, Pending(run=made["id"]), run_at=made["run_at"])


async def pending(connection: Any, run: UUID) -> Any | None:
    """Return a run that has not ended, with its automation."""
    return await connection.fetchrow(_PENDING, run)


async def end(connection: Any, run: UUID, status: Status, reason: str | None = None) -> None:
    """Note what came of a run."""
    await connection.execute(_END, run, status, reason)


async def maker(connection: Any, workspace: UUID, user: UUID | None) -> Principal | None:
    """Return with whose rights an automation works; None for who is no member any more."""
    if user is None:  # the installation's own token made it
        return Principal(workspace, Role.OWNER, owners=None)
    row = await connection.fetchrow(_MAKER, workspace, user)
    if row is None:
        return None
    owners = visible_owners(Visibility(row["visibility"]), user, row["team"])
    return Principal(workspace, Role(row["role"]), user, owners=owners)


async def start_stalled(connection: Any) -> int:
    """Let automations start for deals that have stalled; return how many."""
    rows = await connection.fetch(_STALLED, _AT_ONCE)
    for row in rows:
        await enqueue(connection, RUN, Pending(run=row["id"]))
    return len(rows)


async def purge(connection: Any, before: Any, limit: int) -> int:
    """Remove runs that ended and are older than a moment; return how many."""
    status: str = await connection.execute(_PURGE, before, limit)
    return int(status.rpartition(" ")[2])
