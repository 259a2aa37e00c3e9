"""The queue's statements. PostgreSQL's clock alone says what is due; a lease's id fences off late workers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel
from structlog.contextvars import get_contextvars

from hastecrm.core.database import Database
from hastecrm.core.identifiers import uuid7

CHANNEL = "hastecrm_jobs"
Priority = Literal[-1, 0, 1]
_PRIORITIES = (1, 0, -1)  # the order in which they are served

# One round trip, and the bell rings when the caller commits: not at all if it does not.
_ENQUEUE = f"""
WITH added AS (
    INSERT INTO jobs (id, kind, payload, priority, unique_key, run_at, request_id)
    VALUES ($1, $2, $3, $4, $5, coalesce($6, now()), $7)
    ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL AND dead_at IS NULL DO NOTHING
    RETURNING id, run_at
)
SELECT id, CASE WHEN run_at <= now() THEN pg_notify('{CHANNEL}', '') END FROM added
"""  # noqa: S608 - a constant of this module
# The pairs are walked in the order given, and the walk stops as soon as there are enough.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT job.id, job.run_at
    FROM unnest($1::smallint[], $2::text[]) AS wanted (priority, kind)
    CROSS JOIN LATERAL (
        SELECT id, run_at FROM jobs
        WHERE dead_at IS NULL AND kind = wanted.kind AND priority = wanted.priority AND run_at <= now()
        ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
    ) AS job
    LIMIT $3
)
UPDATE jobs SET lease = gen_random_uuid(), attempt = attempt + 1, run_at = now() + $4 * interval '1 second'
FROM due WHERE jobs.id = due.id
RETURNING jobs.id, lease, kind, payload, attempt, request_id,
    extract(epoch FROM now() - due.run_at)::float8 AS waited
"""
_EXTEND = """
UPDATE jobs SET run_at = now() + $3 * interval '1 second'
FROM unnest($1::uuid[], $2::uuid[]) AS held (id, lease)
WHERE jobs.id = held.id AND jobs.lease = held.lease RETURNING jobs.id
"""
_FINISH = "DELETE FROM jobs WHERE id = $1 AND lease = $2 RETURNING true"
_RETRY = (
    "UPDATE jobs SET lease = NULL, run_at = now() + $3 * interval '1 second', error = $4 "
    "WHERE id = $1 AND lease = $2 RETURNING true"
)
_BURY = (
    "UPDATE jobs SET lease = NULL, dead_at = now(), error = $3 WHERE id = $1 AND lease = $2 RETURNING true"
)
_GIVE_BACK = f"""
WITH given AS (
    UPDATE jobs SET lease = NULL, run_at = now(), attempt = attempt - 1
    WHERE id = $1 AND lease = $2 RETURNING true AS ours
)
SELECT ours, pg_notify('{CHANNEL}', '') FROM given
"""  # noqa: S608 - a constant of this module
_PURGE = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE dead_at < $1 LIMIT $2)"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that a worker holds until its lease ends."""

    id: UUID
    lease: UUID
    kind: str
    payload: str
    attempt: int
    request_id: str | None
    waited: float


async def enqueue(
    connection: Any,
    kind: str,
    payload: BaseModel,
    *,
    run_at: datetime | None = None,
    unique_key: str | None = None,
    priority: Priority = 0,
) -> UUID | None:
    """Add a job in the caller's transaction; return its id, or None while one with this key waits or runs."""
    request_id = get_contextvars().get("request_id")
    values = (kind, payload.model_dump_json(), priority, unique_key, run_at, request_id)
    added: UUID | None = await connection.fetchval(_ENQUEUE, uuid7(), *values)
    return added


async def finish(connection: Any, job: Claimed) -> bool:
    """Remove a job that is done in the caller's transaction; return whether its lease was still held."""
    return bool(await connection.fetchval(_FINISH, job.id, job.lease))


async def purge_dead(connection: Any, before: datetime, limit: int) -> int:
    """Remove jobs that died before a moment; return how many."""
    status: str = await connection.execute(_PURGE, before, limit)
    return int(status.rpartition(" ")[2])


class Queue:
    """What a worker does to jobs; each method is one statement and raises our database errors.

    Those that settle a job return whether its lease was still held; if not, nothing was changed.
    """

    def __init__(self, database: Database, lease_seconds: float) -> None:
        self.database = database
        self.lease_seconds = lease_seconds

    async def claim(self, kinds: Sequence[str], limit: int) -> list[Claimed]:
        """Take up to `limit` due jobs of these kinds, the urgent first; no kind can starve another."""
        shuffled = random.sample(kinds, len(kinds))
        pairs = tuple(product(_PRIORITIES, shuffled))
        wanted = [priority for priority, _ in pairs], [kind for _, kind in pairs]
        async with self.database.connection() as connection:
            rows = await connection.fetch(_CLAIM, *wanted, limit, self.lease_seconds)
        return [Claimed(**row) for row in rows]

    async def extend(self, held: Sequence[Claimed]) -> set[UUID]:
        """Make leases run from now; return the ids of the jobs that were still held."""
        pairs = [job.id for job in held], [job.lease for job in held]
        async with self.database.connection() as connection:
            return {row["id"] for row in await connection.fetch(_EXTEND, *pairs, self.lease_seconds)}

    async def finish(self, job: Claimed) -> bool:
        """Remove a job that is done."""
        return await self._settle(_FINISH, job)

    async def retry(self, job: Claimed, delay: float, error: str) -> bool:
        """Let a job run again after `delay` seconds."""
        return await self._settle(_RETRY, job, delay, error)

    async def bury(self, job: Claimed, error: str) -> bool:
        """Keep a job as dead, with the reason."""
        return await self._settle(_BURY, job, error)

    async def give_back(self, job: Claimed) -> bool:
        """Let another worker have the job at once, as if it had not been tried."""
        return await self._settle(_GIVE_BACK, job)

    async def _settle(self, statement: str, job: Claimed, *values: object) -> bool:
        async with self.database.connection() as connection:
            return bool(await connection.fetchval(statement, job.id, job.lease, *values))
