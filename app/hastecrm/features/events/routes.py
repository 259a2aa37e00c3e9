"""Events as a stream (server-sent events): parse, watch, write."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

from aiohttp import web

from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.policy import Resource
from hastecrm.features.events import contract
from hastecrm.features.events.domain import Event
from hastecrm.features.events.service import EventService, Watching, Wish

_HEARTBEAT: Final = 15.0  # seconds; proxies close what is silent for a minute
_LOOK: Final = 1.0  # seconds after which a client that is gone is noticed
_LONGEST: Final = 600.0  # seconds; then the client comes again with a token that is valid
_RESET: Final = b"event: reset\ndata: {}\n\n"  # something was missed: read everything anew
_HEADERS: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events until its buffer is full
}


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
        entities = parse_entities(request.query, self._service.watched)
        wish = Wish(entities, request.headers.get("Last-Event-ID"))
        async with self._service.watch(request[PRINCIPAL], wish) as watching:
            response = web.StreamResponse(headers=_HEADERS)
            await response.prepare(request)
            if request.method == "HEAD":
                return response
            with suppress(ConnectionResetError):  # the client is gone
                await self._begin(response, watching, wish.after)
                await self._go_on(request, response, watching)
        return response

    async def _begin(self, response: web.StreamResponse, watching: Watching, after: str | None) -> None:
        # Clients of a process that ends come again spread over some seconds.
        await response.write(b"retry: %d\n\n" % (1000 + self._chance() * 4000))
        missed = await watching.missed(after)
        await response.write(_RESET if missed is None else _encoded(missed))

    async def _go_on(self, request: web.Request, response: web.StreamResponse, watching: Watching) -> None:
        until, silent_since, watcher = monotonic() + _LONGEST, monotonic(), watching.watcher
        while not watcher.ended and not _is_gone(request) and monotonic() < until:
            told = _encoded(await watching.next(_LOOK))
            if watcher.lost:
                watcher.lost, told = False, _RESET
            if not told and monotonic() - silent_since > _HEARTBEAT:
                told = b": still here\n\n"
            if told:
                silent_since = monotonic()
                await response.write(told)


def _encoded(events: Sequence[Event]) -> bytes:
    return b"".join(event.encode() for event in events)


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def parse_entities(query: Mapping[str, str], watched: Collection[Resource]) -> list[Resource] | None:
    """Return what a query string asks to watch, None for everything; raises `InvalidInputError`."""
    if "entities" not in query:
        return None
    given = query["entities"].split(",")
    if wrong := sorted(set(given) - set(watched)):
        wanted = f"must be some of {', '.join(watched)}; got {', '.join(wrong)[:100]}"
        problem = FieldProblem("entities", wanted, in_query=True)
        raise InvalidInputError(f"entities {wanted}.", errors=[problem])
    return [Resource(each) for each in given]
