"""Requests that never reach a middleware get the same problem body; aiohttp would answer in plain text."""

import asyncio
from typing import Any
from uuid import uuid4

from aiohttp import web

from hastecrm.core.encoding import to_json
from hastecrm.core.errors import CRMError, HTTPError
from hastecrm.core.logging import get_logger
from hastecrm.core.problem import MEDIA_TYPE, REQUEST_ID, Problem, as_crm_error
from hastecrm.core.security import API_HEADERS

log = get_logger()
HEADER_SECONDS = 15.0  # for the head of the first request; later ones fall under the keep-alive limit


class ProblemProtocol(web.RequestHandler):
    """aiohttp's protocol, speaking problem details where no middleware can."""

    __slots__ = ("_first_request_due",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the client a while for its first request; aiohttp would wait for it forever."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._first_request_due = loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop waiting."""
        self._first_request_due.cancel()
        super().connection_lost(exc)

    def _close_if_silent(self) -> None:
        if self._request_count == 0 and self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the signature is aiohttp's; the text may quote raw input
    ) -> web.StreamResponse:
        """Return the answer to what could not be parsed, and close the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("the response had begun already") from exc
        if status < 500:
            return _early(HTTPError("The request is not well-formed HTTP."), status)
        log.error("unhandled error", exc_info=exc)
        return _early(as_crm_error(Exception()), status)


class ProblemServer(web.Server):
    """A server whose connections speak `ProblemProtocol`."""

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of one new connection."""
        return ProblemProtocol(self, loop=self._loop, **self._kwargs)


class ProblemRunner(web.AppRunner):
    """An application runner that makes a `ProblemServer`."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        options: dict[str, Any] = server._kwargs  # noqa: SLF001 - aiohttp has no public hook for the protocol
        return ProblemServer(
            _outermost(server.request_handler),
            request_factory=server.request_factory,
            loop=asyncio.get_running_loop(),
            **options,
        )


def _outermost(handler: Any) -> Any:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as exc:  # an Expect header that aiohttp refuses before any middleware
            return _early(as_crm_error(exc), exc.status, request)
        return response

    return handle


def _early(error: CRMError, status: int, request: web.Request | None = None) -> web.Response:
    error.status = status
    request_id = uuid4().hex
    if request is not None:
        request[REQUEST_ID] = request_id
    body = Problem(error, instance="", request_id=request_id).as_json()
    response = web.Response(body=to_json(body), status=status, content_type=MEDIA_TYPE)
    response.headers.update({**API_HEADERS, "X-Request-ID": request_id})
    response.force_close()
    return response
