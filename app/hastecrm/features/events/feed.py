"""One reader for all who watch a workspace, and a queue for each of them.

An entry of the audit log is dated when its transaction begins and is there for others when that ends, so
entries come late. Whatever is newer than the longest transaction is therefore read again each time, and told
once: that takes one index range, whoever watches. After a reconnection an event may come twice: it has an id.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hastecrm.core.errors import CRMError
from hastecrm.core.logging import get_logger
from hastecrm.features.events.domain import Event
from hastecrm.features.events.repository import EventLog

log = get_logger()
MOST: Final = 500  # events at once; of more, clients are told to read everything anew
_LATE: Final = timedelta(seconds=10)  # statements end after 5 s, and transactions of requests have few
_PAUSE: Final = 0.5  # seconds
_WAITING: Final = 1000


@dataclass(eq=False)
class Watcher:
    """One stream. `lost`: it has missed something, and its client must read everything anew."""

    waiting: asyncio.Queue[Sequence[Event]] = field(default_factory=lambda: asyncio.Queue(_WAITING))
    lost: bool = False
    ended: bool = False

    def tell(self, events: Sequence[Event]) -> None:
        """Put events into the queue; who is too slow for them loses them and knows."""
        try:
            self.waiting.put_nowait(events)
        except asyncio.QueueFull:
            self.lost = True

    async def next(self, seconds: float) -> Sequence[Event]:
        """Wait for the next events; return none when the time is over or the stream ends."""
        try:
            async with asyncio.timeout(seconds):
                return await self.waiting.get()
        except TimeoutError:
            return ()


@dataclass
class _Channel:
    """What is known of one workspace."""

    since: datetime | None = None
    told: dict[UUID, datetime] = field(default_factory=dict)
    watchers: set[Watcher] = field(default_factory=set)

    def remember(self, found: Sequence[Event]) -> None:
        """Note what has been told, as long as it will be read again."""
        if found and self.since is not None:
            since = self.since = max(self.since, found[-1].at - _LATE)
            self.told = {event.id: event.at for event in found if event.at >= since}


class Feed:
    """Follows the workspaces that somebody watches."""

    def __init__(self, events: EventLog, draining: Callable[[], bool]) -> None:
        self._events = events
        self._draining = draining
        self._channels: dict[UUID, _Channel] = {}

    @property
    def watchers(self) -> int:
        """How many streams there are."""
        return sum(len(channel.watchers) for channel in self._channels.values())

    @asynccontextmanager
    async def watching(self, workspace: UUID) -> AsyncIterator[Watcher]:
        """Return a queue that is told of what happens from now on."""
        channel, watcher = self._channels.setdefault(workspace, _Channel()), Watcher()
        channel.watchers.add(watcher)
        try:
            await self._begin(workspace, channel)
            yield watcher
        finally:
            channel.watchers.remove(watcher)
            if not channel.watchers:
                del self._channels[workspace]

    async def _begin(self, workspace: UUID, channel: _Channel) -> None:
        """Know what is there already: what is dated like it, but comes later, is told."""
        if channel.since is not None:
            return
        since = await self._events.now() - _LATE
        found = await self._events.since(workspace, since, MOST + 1)
        if channel.since is None:  # nobody else was quicker
            channel.since, channel.told = since, {event.id: event.at for event in found}

    def _end(self) -> None:
        # Their clients come again, to another process.
        for channel in self._channels.values():
            for watcher in channel.watchers:
                watcher.ended = True
                watcher.tell(())

    async def run(self) -> None:
        """Follow until cancelled; a database that is away is waited for."""
        while True:
            for workspace, channel in list(self._channels.items()):
                try:
                    await self._follow(workspace, channel)
                except CRMError as exc:
                    log.debug("events cannot be read; trying again", error=str(exc))
            await asyncio.sleep(_PAUSE)
            if self._draining():
                self._end()

    async def _follow(self, workspace: UUID, channel: _Channel) -> None:
        if channel.since is None:  # the first of its watchers is about to begin
            return
        found = await self._events.since(workspace, channel.since, MOST + 1)
        new = [event for event in found if event.id not in channel.told]
        # Where the oldest is known, all that came after it is here.
        is_lost = len(found) > MOST and found[0] is new[0] if new else False
        for watcher in channel.watchers if new else ():
            watcher.lost = watcher.lost or is_lost
            watcher.tell(new)
        channel.remember(found)
