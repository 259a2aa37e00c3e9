"""What a principal hears of their workspace."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from aiohttp import web

from hastecrm.core.authentication import demand
from hastecrm.core.codes import Code
from hastecrm.core.errors import FieldProblem, HTTPError, InvalidInputError
from hastecrm.core.event_stream import LONGEST, LOOK
from hastecrm.core.identity import Principal
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.events.domain import Event, owned, shown, watchable
from hastecrm.features.events.feed import MOST, Feed, Watcher
from hastecrm.features.events.repository import EventLog

STREAMS: Final = 10  # of one person, key or installation in one process; a browser's tabs share less
_AROUND: Final = timedelta(seconds=2)  # of what was dated like the last event, some may have been missed


@dataclass(frozen=True, slots=True)
class Wish:
    """What to watch, and the last event that was heard of (None: only what comes)."""

    entities: Collection[Resource] | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Watching:
    """An open stream of one principal."""

    who: Principal
    workspace: UUID
    entities: Collection[str]
    watcher: Watcher
    log: EventLog
    caught_up: set[UUID] = field(default_factory=set)  # told as missed, and perhaps on their way again

    async def next(self, seconds: float) -> Sequence[Event]:
        """Wait for events that are theirs to hear of."""
        events = await self.watcher.next(seconds)
        return await self._theirs([event for event in events if event.id not in self.caught_up])

    async def follow(self, after: str | None) -> AsyncGenerator[Sequence[Event] | None]:
        """Yield what was missed, then what comes, until the time is over or the process drains.

        Nothing: all is quiet, for a moment; None: something was missed, and must be read anew.
        """
        yield await self.missed(after)
        until = monotonic() + LONGEST
        while not self.watcher.ended and monotonic() < until:
            events: Sequence[Event] | None = await self.next(LOOK)
            if self.watcher.lost:
                self.watcher.lost, events = False, None
            yield events

    async def _theirs(self, events: Sequence[Event]) -> Sequence[Event]:
        wanted = [event for event in events if event.entity in self.entities]
        if not wanted or self.who.owners is None:
            return wanted
        watched = self.log.watched
        return shown(watched, wanted, await self.log.visible(self.who.scope, owned(watched, wanted)))

    async def missed(self, after: str | None) -> Sequence[Event] | None:
        """Return what came after an event; None when that cannot be told."""
        if after is None:
            return ()
        last = _id(after)
        at = await self.log.written_at(self.workspace, last) if last is not None else None
        if at is None:
            return None
        found = await self.log.since(self.workspace, at - _AROUND, MOST + 1)
        if len(found) > MOST:
            return None
        self.caught_up.update(event.id for event in found)
        return await self._theirs([event for event in found if event.id != last])


class EventService:
    """Opens streams."""

    def __init__(self, log: EventLog, feed: Feed) -> None:
        self._log = log
        self._feed = feed
        self._open: dict[object, int] = {}

    @property
    def watched(self) -> Collection[Resource]:
        """What can be watched at all."""
        return self._log.watched.keys()

    @asynccontextmanager
    async def watch(self, who: Principal, wish: Wish) -> AsyncIterator[Watching]:
        """Watch what the principal may; raises `BusinessError` for nothing, `HTTPError` for too many."""
        may = watchable(self._log.watched, who)
        entities = [each for each in (wish.entities or may) if each in may]
        if not entities or who.workspace is None:
            demand(who, Right(next(iter(wish.entities or [Resource.CONTACT])), Verb.READ))
        assert who.workspace is not None  # noqa: S101 - who has a right has a workspace
        caller = who.key or who.user
        if self._open.get(caller, 0) >= STREAMS:
            detail = f"You have {STREAMS} streams of events open: close one first."
            raise HTTPError(detail, code=Code.HTTP_RATE_LIMITED, retry_after=10)
        self._open[caller] = self._open.get(caller, 0) + 1
        try:
            async with self._feed.watching(who.workspace) as watcher:
                yield Watching(who, who.workspace, entities, watcher, self._log)
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


EVENTS: Final = web.AppKey("events", EventService)


def entities_of(given: Collection[str], watched: Collection[Resource]) -> list[Resource]:
    """Return what is to be watched by its names; raises `InvalidInputError`."""
    if wrong := sorted(set(given) - set(watched)):
        wanted = f"must be some of {', '.join(watched)}; got {', '.join(wrong)[:100]}"
        problem = FieldProblem("entities", wanted, in_query=True)
        raise InvalidInputError(f"entities {wanted}.", errors=[problem])
    return [Resource(each) for each in given]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
