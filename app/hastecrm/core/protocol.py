"""What happens on a connection beside the middlewares: its limits, and answers to what is no request.

aiohttp would answer these in plain text, wait for slow clients for ever, and count no connections.
"""

import asyncio
import re
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import uuid4

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import _ErrInfo

from hastecrm.core.access import REFUSED
from hastecrm.core.client_address import parse_address
from hastecrm.core.codes import Code
from hastecrm.core.connections import Connections, SendWatch
from hastecrm.core.encoding import to_json
from hastecrm.core.errors import CRMError, HTTPError
from hastecrm.core.last_resort import answered
from hastecrm.core.limits import LIMITS, Limits
from hastecrm.core.logging import get_logger
from hastecrm.core.problem import MEDIA_TYPE, REQUEST_ID, Problem, as_crm_error
from hastecrm.core.security import API_HEADERS, HEADERS

log = get_logger()

_HOST = re.compile(r"(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)
# How long the rest of a body that nobody wants is read, so that its sender gets to see the answer.
_LINGERING_SECONDS: Final = 2.0
_TOO_MANY: Final = "Too many headers"  # how aiohttp says it; there is no class for it


class ProblemProtocol(web.RequestHandler):
    """aiohttp's protocol, speaking problem details where no middleware can, and impatient."""

    __slots__ = ("_body", "_deaf", "_head_bytes", "_head_since", "_sending", "_server", "_wire")

    def __init__(self, server: "ProblemServer", **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._wire: asyncio.Transport | None = None
        self._sending: SendWatch | None = None
        self._body: StreamReader = EMPTY_PAYLOAD  # of the latest request
        self._head_since: float | None = None  # since when the next request's head is being waited for
        self._head_bytes = 0
        self._deaf = False  # whatever else comes is not listened to

    def connection_made(self, opened: asyncio.BaseTransport) -> None:
        """Let the connection in, or say at once why not."""
        transport = cast("asyncio.Transport", opened)  # uvloop's own are no subclasses of it
        peer = _peer(transport)
        if (refusal := self._server.register.refusal(peer)) is not None:
            self._deaf = True
            transport.write(_raw(self._server.early(refusal)))
            transport.close()
            return
        self._server.register.enter(self, peer)
        self._wire, self._sending = transport, SendWatch(transport, self._server.limits)
        self._head_since = self._loop.time()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._server.register.leave(self)
        self._wire = self._sending = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, and notice where in a request the client is."""
        if self._deaf:
            return
        in_body, before = not self._body.is_eof(), self._request_count
        super().data_received(data)
        if self._request_count > before:
            self._heads_arrived(self._request_count - before, len(data))
            if self._body is EMPTY_PAYLOAD and not data.endswith(b"\r\n\r\n"):
                self._part_arrived(1)  # the next head has begun in the same packet
        elif data and not in_body and not self._upgraded:
            self._part_arrived(len(data))

    def inspect(self, now: float) -> None:
        """End the connection if its client takes too long to ask or to read."""
        wire, sending, limits = self._wire, self._sending, self._server.limits
        if wire is None or sending is None:
            return
        if sending.stalled(now):
            log.info("client does not read", waiting_bytes=wire.get_write_buffer_size())
            wire.abort()
        elif self._head_since is not None and now - self._head_since > limits.head_seconds and not self._deaf:
            self._give_up(wire, limits)

    def _give_up(self, wire: asyncio.Transport, limits: Limits) -> None:
        if not self._head_bytes:  # it never began to ask
            wire.abort()
            return
        detail = f"The head of the request did not arrive within {limits.head_seconds:g} s."
        self._answer_instead(HTTPError(detail, code=Code.HTTP_TIMEOUT))

    def _heads_arrived(self, number: int, size: int) -> None:
        total, self._head_since, self._head_bytes = self._head_bytes + size, None, 0
        if total > self._server.limits.head_bytes:  # perhaps because of a body: only now is it worth counting
            self._measure(number)
        self._body = self._messages[-1][1] if self._messages else EMPTY_PAYLOAD

    def _measure(self, number: int) -> None:
        for index in range(-min(number, len(self._messages)), 0):
            message = self._messages[index][0]
            if not isinstance(message, _ErrInfo) and _size(message) > self._server.limits.head_bytes:
                self._messages[index] = (_too_large(), EMPTY_PAYLOAD)

    def _part_arrived(self, size: int) -> None:
        if self._head_since is None:
            self._head_since = self._loop.time()
        self._head_bytes += size
        if self._head_bytes > self._server.limits.head_bytes:
            self._answer_instead(_too_large().exc)

    def _answer_instead(self, error: BaseException) -> None:
        """Answer to what has not become a request, after those before it, and close the connection."""
        self._deaf, self._head_since = True, None
        self._messages.append((_ErrInfo(400, error, ""), EMPTY_PAYLOAD))
        self._request_count += 1
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

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
        if isinstance(exc, CRMError):
            return self._server.early(exc)
        if _is_too_large(exc):
            return self._server.early(_too_large().exc)
        if status < 500:
            return self._server.early(HTTPError("The request is not well-formed HTTP."))
        log.error("unhandled error", exc_info=exc)
        return self._server.early(as_crm_error(Exception()))


class ProblemServer(web.Server):
    """A server whose connections speak `ProblemProtocol`."""

    def __init__(self, app: web.Application, handler: Any, **options: Any) -> None:
        super().__init__(self._outermost(handler), **options)
        self.limits = app.get(LIMITS) or Limits()
        self.register = Connections(self.limits)
        self._headers = app.get(HEADERS) or API_HEADERS
        self._refused = app.get(REFUSED) or (lambda _code: None)

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of one new connection."""
        return ProblemProtocol(self, loop=self._loop, **self._kwargs)

    def early(self, error: BaseException, request: web.BaseRequest | None = None) -> web.Response:
        """Return the answer to what no middleware has seen; the connection ends with it."""
        crm_error = (
            error if isinstance(error, CRMError) else HTTPError("The request is not well-formed HTTP.")
        )
        request_id = (request and request.get(REQUEST_ID)) or uuid4().hex
        if request is None or REQUEST_ID not in request:  # otherwise it has been counted and has its line
            self._refused(crm_error.code.name)
            log.info("request refused", code=crm_error.code.name, request_id=request_id)
        if request is not None:
            request[REQUEST_ID] = request_id
        problem = Problem(crm_error, instance="", request_id=request_id)
        body = to_json(problem.as_json())
        response = web.Response(body=body, status=problem.status, content_type=MEDIA_TYPE)
        response.headers.update({**self._headers, **problem.headers(), "X-Request-ID": request_id})
        response.force_close()
        return response

    def _outermost(self, handler: Any) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            # HTTP/1.0 has none; that HTTP/1.1 has exactly one is checked by the parser.
            if (host := request.headers.get("Host")) is not None and not _HOST.fullmatch(host):
                return self.early(HTTPError("The Host header is not the name of a host."), request)
            return await answered(request, handler, self.early)

        return handle


class ProblemRunner(web.AppRunner):
    """An application runner that makes a `ProblemServer`, and has its connections looked at."""

    __slots__ = ("_watching",)

    async def setup(self) -> None:
        """Prepare to serve."""
        await super().setup()
        assert isinstance(self._server, ProblemServer)  # noqa: S101 - made below
        self._watching = asyncio.create_task(self._server.register.watch())

    async def cleanup(self) -> None:
        """Stop serving."""
        await super().cleanup()
        self._watching.cancel()

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        options: dict[str, Any] = server._kwargs  # noqa: SLF001 - aiohttp has no public hook for the protocol
        return ProblemServer(
            self.app,
            server.request_handler,
            request_factory=server.request_factory,
            loop=asyncio.get_running_loop(),
            **{"lingering_time": _LINGERING_SECONDS, **options},
        )


def _peer(transport: asyncio.Transport) -> str:
    name = transport.get_extra_info("peername")
    address = parse_address(str(name[0])) if name else None
    return str(address)


def _size(message: Any) -> int:
    return len(message.path) + sum(len(name) + len(value) + 4 for name, value in message.raw_headers)


def _is_too_large(exc: BaseException | None) -> bool:
    return isinstance(exc, LineTooLong) or (
        isinstance(exc, BadHttpMessage) and exc.message.startswith(_TOO_MANY)
    )


def _too_large() -> _ErrInfo:
    detail = "The request's line and headers are too large or too many."
    return _ErrInfo(431, HTTPError(detail, code=Code.HTTP_HEADERS_TOO_LARGE), "")


def _raw(response: web.Response) -> bytes:
    """Return the bytes of a response that no request asked for."""
    body = response.body
    assert isinstance(body, bytes)  # noqa: S101 - made by `early`
    head = {**response.headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
        *(f"{k}: {v}" for k, v in head.items()),
    ]
    return "\r\n".join((*lines, "", "")).encode("ascii") + body
