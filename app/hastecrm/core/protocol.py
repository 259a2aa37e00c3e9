"""Requests that are not even HTTP get the same problem body; aiohttp would answer them in plain text."""

import asyncio
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import web

from hastecrm.core.errors import Code, CRMError, HTTPError, SystemFaultError
from hastecrm.core.logging import get_logger
from hastecrm.core.problem import MEDIA_TYPE, Problem
from hastecrm.core.security import API_HEADERS

log = get_logger()


class ProblemProtocol(web.RequestHandler):
    """aiohttp's protocol, speaking problem details where no middleware can."""

    __slots__ = ()

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
        request_id = uuid4().hex
        if status >= 500:
            log.error("unhandled error", request_id=request_id, exc_info=exc)
            error: CRMError = SystemFaultError("An unexpected error occurred.")
        else:
            error = HTTPError("The request is not well-formed HTTP.", code=Code.HTTP_BAD_REQUEST)
        error.status = status
        body = Problem(error, instance="", request_id=request_id).as_json()
        response = web.Response(body=orjson.dumps(body), status=status, content_type=MEDIA_TYPE)
        response.headers.update({**API_HEADERS, "X-Request-ID": request_id})
        response.force_close()
        return response


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
            server.request_handler,
            request_factory=server.request_factory,
            loop=asyncio.get_running_loop(),
            **options,
        )
