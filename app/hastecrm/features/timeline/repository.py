"""A record's timeline: one statement, an index scan for each kind of thing that can be on it, merged."""

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from hastecrm.core.pagination import PageRequest
from hastecrm.core.records.kind import Target
from hastecrm.core.records.statements import living
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.timeline.domain import TABLES, Happening, Subject

# Only the module's own constants are put into statements; values always travel as parameters.
_PARTS: Final = (
    # kind, table, moment, then type, title and text
    ("activity", "activities", "occurred_at", "type, title, description"),
    ("note", "notes", "created_at", "'note', left(body, 100), body"),
    ("task", "tasks", "created_at", "status, title, description"),
)
_MOVES: Final = (
    "(SELECT 'transition', id, at, status, 'Moved to another stage', reason, actor_id FROM deal_transitions "
    "WHERE workspace_id = $1 AND deal_id = $2 {after} ORDER BY at DESC, id DESC LIMIT $3)"
)


def timeline_statement(subject: Subject, *, is_first: bool) -> str:
    """Return the statement for one page; $1 workspace, $2 subject, $3 limit and, unless first, the cursor."""
    parts = [_part(subject, *part, is_first=is_first) for part in _PARTS]
    if subject is Subject.DEAL:
        parts.append(_MOVES.format(after="" if is_first else "AND (at, id) < ($4, $5)"))
    names = "AS page (kind, id, at, type, title, text, owner_id)"
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) {names} ORDER BY at DESC, id DESC LIMIT $3"  # noqa: S608


def _part(subject: Subject, kind: str, table: str, moment: str, told: str, *, is_first: bool) -> str:
    after = "" if is_first else f"AND ({moment}, id) < ($4, $5)"
    return (
        f"(SELECT '{kind}', id, {moment}, {told}, owner_id FROM {table} "  # noqa: S608
        f"WHERE workspace_id = $1 AND {subject}_id = $2 AND deleted_at IS NULL {after} "
        f"ORDER BY {moment} DESC, id DESC LIMIT $3)"
    )


class Timelines:
    """The timelines that a scope shows."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def is_there(self, scope: Scope, subject: Subject, record: UUID) -> bool:
        """Whether there is such a record to be seen."""
        statement = living(Target(subject, TABLES[subject]))
        found = await self._database.read(lambda db: db.fetchval(statement, scope.workspace, record), scope)
        return found is not None

    async def page(self, scope: Scope, subject: Subject, record: UUID, page: PageRequest) -> list[Happening]:
        """Return what happened last, one line more than asked for if there are more."""
        after = () if page.after is None else (page.after.created_at, page.after.id)
        statement = timeline_statement(subject, is_first=page.after is None)
        query = (statement, scope.workspace, record, page.limit + 1, *after)
        return [Happening(**row) for row in await self._database.read(lambda db: db.fetch(*query), scope)]


async def time_zone(connection: Any, user: UUID | None) -> ZoneInfo:
    """Return the time zone of a member; UTC where there is none."""
    name = await connection.fetchval("SELECT time_zone FROM users WHERE id = $1", user)
    return ZoneInfo(name or "UTC")
