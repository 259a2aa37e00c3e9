"""The statements about mails that are not about records of one kind."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from hastecrm.core.audit import Entry, differences, record
from hastecrm.core.mail import Author

SENDING: Final = "send_mail_to_contact"  # the kind of job
_AUTHOR: Final = "SELECT name, email FROM users WHERE id = $1"
_FIND: Final = (
    "SELECT workspace_id, mail_status, mail_error, message_id FROM activities WHERE id = $1 FOR UPDATE"
)
_MARK: Final = """
UPDATE activities SET mail_status = $2, mail_error = $3, message_id = $4, thread_id = coalesce(thread_id, $4),
    version = version + 1, updated_at = now()
WHERE id = $1
"""
_FORGOTTEN: Final = """
SELECT id FROM activities
WHERE mail_status = 'queued' AND updated_at < now() - interval '10 minutes' AND NOT EXISTS (
    SELECT FROM jobs WHERE kind = $1 AND dead_at IS NULL AND payload ->> 'activity' = activities.id::text
)
ORDER BY updated_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
"""


async def author(connection: Any, user: UUID | None) -> Author | None:
    """Return who a person is to the readers of their mails; None for nobody."""
    found = await connection.fetchrow(_AUTHOR, user)
    return Author(found["name"], found["email"]) if found is not None else None


async def forgotten(connection: Any, limit: int) -> Sequence[UUID]:
    """Return the activities of mails that are to leave, but that no job sends; locked."""
    return [row["id"] for row in await connection.fetch(_FORGOTTEN, SENDING, limit)]


async def mark(connection: Any, activity: UUID, message: str | None, error: str | None = None) -> None:
    """Write down that the mail of an activity was sent, or why it was not, if the activity is still there."""
    if (before := await connection.fetchrow(_FIND, activity)) is None:
        return
    message = message or before["message_id"]
    status = "sent" if error is None else "failed"
    await connection.execute(_MARK, activity, status, error, message)
    after = {"mail_status": status, "mail_error": error, "message_id": message}
    entry = Entry("activity.changed", "activity", activity, differences(before, after))
    await record(connection, entry, workspace=before["workspace_id"], actor=None)
