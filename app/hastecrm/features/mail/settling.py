"""Mails that nobody sends any more: their job was deleted, or died together with its worker."""

from dataclasses import dataclass
from typing import Any, Final

from hastecrm.features.mail import repository

_LIMIT: Final = 1_000
_REASON: Final = "the job that was to send it is gone: send it again"


@dataclass(frozen=True, slots=True)
class SettleMails:
    """The worker's job that lets no mail be on its way for ever."""

    async def __call__(self, connection: Any) -> int:
        """Write down that such mails have failed; return how many."""
        forgotten = await repository.forgotten(connection, _LIMIT)
        for activity in forgotten:
            await repository.mark(connection, activity, None, _REASON)
        return len(forgotten)
