"""Access that was denied, written to the audit log, at a pace that nobody can flood it with."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from hastecrm.core.audit import Entry, record
from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError
from hastecrm.core.identity import Principal
from hastecrm.core.logging import get_logger
from hastecrm.core.policy import Access, Open
from hastecrm.core.scope import SYSTEM

log = get_logger()
PAUSE: Final = 60.0
REMEMBERED: Final = 10_000

_Key = tuple[UUID | None, UUID | None, str]


class Denials:
    """One entry for each principal and right in a minute, in each process."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._told: OrderedDict[_Key, float] = OrderedDict()

    async def record(self, principal: Principal, access: Access, reason: str) -> None:
        """Add an entry unless one like it is younger than a minute; a failure is logged and no more.

        The answer is the denial, whether or not the log can be written.
        """
        right = access.value if isinstance(access, Open) else f"{access.resource}.{access.verb}"
        if not self._is_news((principal.user, principal.workspace, right)):
            return
        # Who is no member writes into no workspace's log, whatever workspace they name.
        workspace = principal.workspace if principal.role is not None else None
        changes = {"right": right, "role": principal.role, "reason": reason}
        entry = Entry("access.denied", "right", changes=changes)
        try:
            # As the system: whoever is denied may have no workspace, or no right to write in it.
            async with self._database.connection(SYSTEM) as connection:
                await record(connection, entry, workspace=workspace, actor=principal.user)
        except CRMError as exc:
            log.warning("denied access was not recorded", reason=str(exc))

    def _is_news(self, key: _Key) -> bool:
        now = self._clock()
        if self._told.get(key, now) > now:
            return False
        self._told[key] = now + PAUSE
        self._told.move_to_end(key)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True
