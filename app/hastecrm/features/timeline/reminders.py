"""The reminders of tasks: each fires once, at its time or, after an outage, as soon as a worker is back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import CollectorRegistry, Histogram

from hastecrm.core.audit import Entry, record

_AT_ONCE: Final = 1_000
_BUCKETS: Final = (1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0)
# The version stays: whoever has the task open when its reminder fires meets no conflict by that.
_FIRE: Final = """
WITH due AS (
    SELECT id FROM tasks
    WHERE deleted_at IS NULL AND reminder_at IS NOT NULL AND reminded_at IS NULL
        AND status IN ('todo', 'in_progress') AND reminder_at <= now()
    ORDER BY reminder_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
), fired AS (
    UPDATE tasks SET reminded_at = now() FROM due WHERE tasks.id = due.id
    RETURNING tasks.*, extract(epoch FROM now() - reminder_at)::float8 AS seconds_late
)
SELECT fired.id, fired.workspace_id, title, due_at, seconds_late, users.time_zone,
    CASE WHEN users.email_verified_at IS NOT NULL AND users.disabled_at IS NULL THEN users.email END AS email
FROM fired LEFT JOIN users ON users.id = fired.owner_id ORDER BY reminder_at, fired.id
"""
# Writes to whoever is to do the task of a row; the letter leaves when the transaction commits.
Post = Callable[[Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Remind:
    """The worker's job that lets due reminders fire: an event for who watches, and a letter to the owner.

    `post` is None where the installation sends no mail; `observe` is told by how many seconds each was late.
    """

    post: Post | None
    observe: Callable[[float], None]

    async def __call__(self, connection: Any) -> int:
        """Let those fire that are due and belong to tasks still to be done; return how many."""
        fired = await connection.fetch(_FIRE, _AT_ONCE)
        for task in fired:
            entry = Entry("task.reminded", "task", task["id"])
            await record(connection, entry, workspace=task["workspace_id"], actor=None)
            if self.post is not None and task["email"] is not None:
                await self.post(connection, task)
            self.observe(task["seconds_late"])
        return len(fired)


def reminder_lag(registry: CollectorRegistry) -> Histogram:
    """Return the collector of how late reminders fire, in seconds."""
    text = "By how much a reminder fired after its time."
    return Histogram("hastecrm_reminder_lag_seconds", text, buckets=_BUCKETS, registry=registry)
