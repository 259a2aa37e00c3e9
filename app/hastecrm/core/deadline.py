"""No request waits for ever: whatever has not begun to answer in time is cancelled.

Once an answer has begun (an export, a stream of events), its length is its own affair; that it moves is
watched by `core.connections`.
"""

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from hastecrm.core.codes import Code
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.operations import operation_of

_TIMEOUT: Final = web.RequestKey("deadline", asyncio.Timeout)


class RequestTimeoutError(SystemFaultError):
    """The answer did not begin in time."""

    default = Code.SYS_TIMEOUT

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The answer did not begin within {seconds:g} s.", retry_after=5)


class Deadline:
    """The time that every request of an application has, unless its operation has another."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def add_to(self, app: web.Application) -> None:
        """Begin here: what was added before is not cancelled, what is added later is."""
        app.middlewares.append(self._limit)
        app.on_response_prepare.append(_begun)

    @web.middleware
    async def _limit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = operation_of(request)
        own = operation.deadline if operation is not None else None
        seconds = own if own is not None else self._seconds
        request[_TIMEOUT] = timeout = asyncio.timeout(seconds)
        try:
            async with timeout:
                return await handler(request)
        except TimeoutError as exc:
            if timeout.expired():
                raise RequestTimeoutError(seconds) from exc
            raise
        finally:
            del request[_TIMEOUT]


async def _begun(request: web.Request, _response: web.StreamResponse) -> None:
    if (timeout := request.get(_TIMEOUT)) is not None:
        timeout.reschedule(None)
