"""What a person may see of the queue and do to it. Payloads are never shown: they may be private."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self
from uuid import UUID

import asyncpg

from hastecrm.core.jobs.queue import CHANNEL


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"  # for its time to come
    DUE = "due"  # for a worker, or its worker died
    RUNNING = "running"
    DEAD = "dead"


_COLUMNS = "id, kind, state, priority, attempt, run_at, created_at, dead_at, unique_key, request_id, error"
_JOBS = """
(SELECT *, CASE
    WHEN dead_at IS NOT NULL THEN 'dead'
    WHEN run_at <= now() THEN 'due'
    WHEN lease IS NOT NULL THEN 'running'
    ELSE 'waiting' END AS state
FROM jobs) AS job
"""
_LIST = f"""
SELECT {_COLUMNS} FROM {_JOBS}
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2)
ORDER BY dead_at DESC NULLS LAST, run_at, id LIMIT $3
"""  # noqa: S608 - constants of this module
_STATE = f"SELECT state FROM {_JOBS} WHERE id = $1"  # noqa: S608 - likewise
# The unique index refuses it while another job with its key is alive.
_RETRY = """
UPDATE jobs SET dead_at = NULL, attempt = 0, run_at = now()
WHERE id = $1 AND dead_at IS NOT NULL RETURNING kind
"""
# Of those with the same key the youngest: the others would find it alive.
_REVIVABLE = """
SELECT DISTINCT ON (kind, coalesce(unique_key, id::text)) id FROM jobs AS dead
WHERE dead_at IS NOT NULL AND ($1::text IS NULL OR kind = $1) AND NOT EXISTS (
    SELECT 1 FROM jobs AS alive
    WHERE alive.dead_at IS NULL AND alive.kind = dead.kind AND alive.unique_key = dead.unique_key
)
ORDER BY kind, coalesce(unique_key, id::text), dead_at DESC
"""
_DEAD = "SELECT count(*) FROM jobs WHERE dead_at IS NOT NULL AND ($1::text IS NULL OR kind = $1)"
_DELETE = "DELETE FROM jobs WHERE id = $1 AND (lease IS NULL OR run_at <= now()) RETURNING kind"

Refusal = Literal["unknown", "not dead", "running", "replaced"]


@dataclass(frozen=True, slots=True)
class Job:
    """One job, without its payload; `error` had its secrets masked when it was written."""

    id: UUID
    kind: str
    state: State
    priority: int
    attempt: int
    run_at: datetime
    created_at: datetime
    dead_at: datetime | None
    unique_key: str | None
    request_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request: the job's kind, or why nothing was done."""

    id: UUID
    kind: str | None = None
    refusal: Refusal | None = None
    state: State | None = None

    @classmethod
    def done(cls, job: UUID, kind: str) -> Self:
        """Return the outcome of what was done."""
        return cls(job, kind)


async def list_jobs(connection: Any, *, state: State | None, kind: str | None, limit: int) -> list[Job]:
    """Return jobs: the dead first, the last of them foremost, then the others by their time."""
    rows = await connection.fetch(_LIST, state, kind, limit)
    return [Job(**{**row, "state": State(row["state"])}) for row in rows]


async def retry_job(connection: Any, job: UUID) -> Outcome:
    """Let a dead job run again, with all its attempts."""
    try:
        async with connection.transaction():
            kind = await connection.fetchval(_RETRY, job)
    except asyncpg.UniqueViolationError:
        return Outcome(job, refusal="replaced")
    if kind is None:
        return await _refused(connection, job, "not dead")
    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
    return Outcome.done(job, kind)


async def retry_dead(connection: Any, kind: str | None) -> tuple[list[Outcome], int]:
    """Let every dead job (of a kind) run again; return what became of each, and how many stay dead.

    Those stay dead that another job with the same key has taken the place of.
    """
    ids = [row["id"] for row in await connection.fetch(_REVIVABLE, kind)]
    outcomes = [await retry_job(connection, each) for each in ids]
    return outcomes, int(await connection.fetchval(_DEAD, kind))


async def delete_job(connection: Any, job: UUID) -> Outcome:
    """Remove a job that does not run."""
    kind = await connection.fetchval(_DELETE, job)
    return await _refused(connection, job, "running") if kind is None else Outcome.done(job, kind)


async def _refused(connection: Any, job: UUID, why: Refusal) -> Outcome:
    state = await connection.fetchval(_STATE, job)
    return Outcome(job, refusal="unknown") if state is None else Outcome(job, None, why, State(state))


def failed(outcomes: Sequence[Outcome]) -> bool:
    """Whether something that was asked for was not done."""
    return any(outcome.refusal is not None for outcome in outcomes)
