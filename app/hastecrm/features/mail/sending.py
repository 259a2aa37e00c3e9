"""The job that sends a mail to a contact and writes down in its activity what became of it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from hastecrm.core.errors import SystemFaultError
from hastecrm.core.jobs.model import GiveUpError, Kind, Task
from hastecrm.core.mail import ATTEMPTS, BACKOFF, Postman, WaitingLetter
from hastecrm.features.mail import repository

KIND: Final = repository.SENDING
_LONGEST: Final = 500


class MailToContact(WaitingLetter):
    """A mail on its way, and the activity that tells of it."""

    activity: UUID


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends mails to contacts."""

    postman: Postman

    async def run(self, task: Task[MailToContact]) -> None:
        """Send one mail; raises what `Postman.deliver` raises, which is written down once it is the end."""
        try:
            await self.postman.deliver(task.payload, task.payload.activity)
        except GiveUpError as exc:
            await self._failed(task, exc)
            raise
        except SystemFaultError as exc:
            if task.attempt >= ATTEMPTS:
                await self._failed(task, exc)
            raise
        async with task.finishing() as connection:
            await self._mark(connection, task)

    async def _failed(self, task: Task[MailToContact], exc: Exception) -> None:
        async with task.transaction() as connection:
            await self._mark(connection, task, str(exc)[:_LONGEST])

    async def _mark(self, connection: Any, task: Task[MailToContact], error: str | None = None) -> None:
        activity = task.payload.activity
        await repository.mark(connection, activity, self.postman.message_id(activity), error)


def sending_kind(postman: Postman) -> Kind[Any]:
    """Return the kind of job that sends mails to contacts."""
    return Kind(KIND, MailToContact, Sending(postman).run, attempts=ATTEMPTS, backoff=BACKOFF)
