"""Where imports stand, in PostgreSQL: as the worker reads and writes it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from hastecrm.core.audit import Entry, record
from hastecrm.core.database import Database
from hastecrm.core.identity import Principal, Role, Visibility, visible_owners
from hastecrm.core.scope import SYSTEM, Scope
from hastecrm.features.imports.record import COUNTS, State
from hastecrm.features.imports.running import RefusedRow, Run, Told

MOST_ERRORS: Final = 100_000  # rows that are kept to be mended; the others are only counted
_PAGE: Final = 1_000
_CHANGED: Final = "version = version + 1, updated_at = now()"
_GET: Final = "SELECT * FROM imports WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running')"
_BEGIN: Final = (
    f"UPDATE imports SET state = 'running', started_at = coalesce(started_at, now()), {_CHANGED} "
    "WHERE workspace_id = $1 AND id = $2 AND state = 'queued' RETURNING id"
)
_LOCK: Final = (
    "SELECT true FROM imports "
    "WHERE workspace_id = $1 AND id = $2 AND state = 'running' AND done = $3 FOR UPDATE"
)
_COUNT: Final = (
    "UPDATE imports SET "
    + ", ".join(f"{name} = {name} + ${n}" for n, name in enumerate(("done", *COUNTS), start=3))
    + f", total = greatest(total, done + $3), {_CHANGED} WHERE workspace_id = $1 AND id = $2 RETURNING done"
)
_END: Final = (
    "UPDATE imports SET state = $3, problem = $4, ended_at = now(), "
    f"total = CASE WHEN $3 = 'failed' THEN total ELSE done END, {_CHANGED} "
    "WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running') RETURNING done"
)
_REFUSED: Final = (
    "INSERT INTO import_errors (workspace_id, import_id, row, problems, cells) "
    "SELECT $1, $2, row, problems, cells FROM json_populate_recordset(NULL::import_errors, $3::json) "
    f"WHERE (SELECT refused FROM imports WHERE id = $2) < {MOST_ERRORS} ON CONFLICT DO NOTHING"
)
_ERRORS: Final = (
    "SELECT row, problems, cells FROM import_errors "
    f"WHERE workspace_id = $1 AND import_id = $2 AND row > $3 ORDER BY row LIMIT {_PAGE}"
)
_STARTER: Final = (
    "SELECT m.role, m.visibility, "
    "CASE WHEN m.visibility = 'team' THEN ARRAY(SELECT t.user_id FROM memberships AS t "
    "WHERE t.workspace_id = m.workspace_id AND t.team_id = m.team_id) ELSE '{}' END AS team "
    "FROM memberships AS m JOIN users AS u ON u.id = m.user_id AND u.disabled_at IS NULL "
    "JOIN workspaces AS w ON w.id = m.workspace_id AND w.deleted_at IS NULL "
    "WHERE m.workspace_id = $1 AND m.user_id = $2"
)


async def starter(database: Database, workspace: UUID, user: UUID | None) -> Principal | None:
    """Return who started an import, with the rights of now; None for who is no member any more."""
    if user is None:
        return Principal(workspace, Role.OWNER, owners=None)
    async with database.connection(SYSTEM) as connection:
        row = await connection.fetchrow(_STARTER, workspace, user)
    if row is None:
        return None
    owners = visible_owners(Visibility(row["visibility"]), user, row["team"])
    return Principal(workspace, Role(row["role"]), user, owners=owners)


class Progress:
    """How one import goes on."""

    def __init__(self, database: Database, workspace: UUID, import_id: UUID) -> None:
        self._database = database
        self._workspace = workspace
        self._id = import_id
        self._scope = Scope(workspace, None, "owner", system=True)

    async def begin(self, user: UUID | None) -> Mapping[str, Any] | None:
        """Return the import and say that it runs; None when it is not to run (any more)."""
        async with self._database.transaction(self._scope) as connection:
            found: Mapping[str, Any] | None = await connection.fetchrow(_GET, self._workspace, self._id)
            if found is not None and await connection.fetchval(_BEGIN, self._workspace, self._id):
                changes = {"state": {"old": State.QUEUED, "new": State.RUNNING}}
                await self._tell(connection, user, changes)
        return found

    async def end(self, user: UUID | None, state: State, problem: str | None = None) -> None:
        """Say that it has ended, unless it was cancelled meanwhile."""
        async with self._database.transaction(self._scope) as connection:
            done = await connection.fetchval(_END, self._workspace, self._id, state, problem)
            if done is not None:
                changes = {"state": {"old": State.RUNNING, "new": state}, "done": {"new": done}}
                await self._tell(connection, user, changes)

    async def tell(self, user: UUID | None, done: int) -> None:
        """Tell who watches how many rows are done."""
        async with self._database.transaction(self._scope) as connection:
            await self._tell(connection, user, {"done": {"new": done}})

    async def _tell(self, connection: Any, user: UUID | None, changes: Mapping[str, Any]) -> None:
        entry = Entry("import.changed", "import", self._id, changes)
        await record(connection, entry, workspace=self._workspace, actor=user)


async def is_next(connection: Any, run: Run, done: int) -> bool:
    """Whether an import still runs and so many rows are done; nobody changes that in this transaction."""
    return bool(await connection.fetchval(_LOCK, run.who.workspace, run.id, done))


async def note(connection: Any, run: Run, told: Told) -> None:
    """Add what came of some rows."""
    if told.rows:
        rows = orjson.dumps([_refused(run, row) for row in told.rows]).decode()
        await connection.execute(_REFUSED, run.who.workspace, run.id, rows)
    await connection.fetchval(_COUNT, run.who.workspace, run.id, *told.counts())


async def errors_of(
    database: Database, scope: Scope, import_id: UUID
) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    """Give the rows that were not taken, some at a time."""
    after = 0

    async def page(connection: Any) -> Sequence[Any]:
        found: Sequence[Any] = await connection.fetch(_ERRORS, scope.workspace, import_id, after)
        return found

    while rows := await database.read(page, scope):
        yield [
            {
                "row": row["row"],
                "problems": orjson.loads(row["problems"]),
                "cells": orjson.loads(row["cells"]),
            }
            for row in rows
        ]
        after = rows[-1]["row"]


def _refused(run: Run, row: RefusedRow) -> Mapping[str, Any]:
    places = {name: place for place, name in run.plan.mapping.items()}
    problems = [
        {"place": place, "value": _cell(row.cells, place), "detail": detail}
        for place, detail in ((places.get(name), detail) for name, detail in row.why.items())
    ]
    # JSON of PostgreSQL knows no NUL.
    cells = [cell.replace("\x00", "�") for cell in row.cells]
    return {"row": row.number, "problems": problems, "cells": cells}


def _cell(cells: Sequence[str], place: int | None) -> str | None:
    return cells[place].replace("\x00", "�") if place is not None and place < len(cells) else None
