"""How visits to mailboxes begin."""

from typing import Any, Final
from uuid import UUID

from hastecrm.core.jobs.model import Payload
from hastecrm.core.jobs.queue import enqueue

POLL: Final = "poll_mail_account"


class Polled(Payload):
    """The account that is looked into."""

    account: UUID


async def poll(connection: Any, account: UUID) -> None:
    """Have an account looked into once the caller's transaction has committed; once, however often asked."""
    await enqueue(connection, POLL, Polled(account=account), unique_key=str(account))
