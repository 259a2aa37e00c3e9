"""Events as a stream (server-sent events): parse, watch, write."""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

from aiohttp import web

from hastecrm.core.event_stream import HEADERS, HEARTBEAT, STILL_HERE, is_gone
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.policy import Resource
from hastecrm.features.events import contract
from hastecrm.features.events.domain import Event
from hastecrm.features.events.service import EventService, Wish, entities_of

Told = Sequence[Event] | None
_RESET: Final = b"event: reset\ndata: {}\n\n"  # something was missed: read everything anew


class EventRoutes:
    """The address `/api/v1/events`."""

    def __init__(self, service: EventService, chance: Callable[[], float] = random.random) -> None:
        self._service = service
        self._chance = chance

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        contract.STREAM.add_to(app, self.stream)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Tell what changes until the client leaves, the process drains or the time is over."""
        wish = Wish(self._entities(request.query), request.headers.get("Last-Event-ID"))
        async with self._service.watch(request[PRINCIPAL], wish) as watching:
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            if request.method == "HEAD":
                return response
            with suppress(ConnectionResetError):  # the client is gone
                # Clients of a process that ends come again spread over some seconds.
                await response.write(b"retry: %d\n\n" % (1000 + self._chance() * 4000))
                await _tell(request, response, watching.follow(wish.after))
        return response

    def _entities(self, query: Mapping[str, str]) -> Sequence[Resource] | None:
        return (
            entities_of(query["entities"].split(","), self._service.watched) if "entities" in query else None
        )


async def _tell(request: web.Request, response: web.StreamResponse, told: AsyncIterator[Told]) -> None:
    silent_since = monotonic()
    async for events in told:
        if is_gone(request):
            return
        text = _RESET if events is None else b"".join(event.encode() for event in events)
        if not text and monotonic() - silent_since > HEARTBEAT:
            text = STILL_HERE
        if text:
            silent_since = monotonic()
            await response.write(text)
