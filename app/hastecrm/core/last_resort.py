"""The answer to whatever fails where no middleware can catch it: around them, or while an answer is prepared.

aiohttp would close the connection without a word, or answer in plain text.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http import StreamWriter

from hastecrm.core.errors import CRMError
from hastecrm.core.logging import get_logger
from hastecrm.core.problem import REQUEST_ID, as_crm_error

log = get_logger()

Early = Callable[[CRMError, web.BaseRequest], web.Response]


def is_being_cancelled() -> bool:
    """Whether the present task is asked to end: the client has gone, or the server is leaving."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def answered(request: web.Request, handler: Any, early: Early) -> web.StreamResponse:
    """Return the handler's answer, ready to be sent, or a problem in its place."""
    try:
        return await _prepared(request, await handler(request))
    except web.HTTPException as exc:  # an Expect header that aiohttp refuses before any middleware
        error = as_crm_error(exc)
    except asyncio.CancelledError as exc:
        if is_being_cancelled():
            raise
        error = _unexpected(request, exc)
    except Exception as exc:  # noqa: BLE001 - logged there
        error = _unexpected(request, exc)
    try:
        return await _prepared(request, early(error, request))
    except Exception:
        log.exception("an answer to an error cannot be prepared", request_id=request.get(REQUEST_ID))
        _drop_receivers(request)
        return early(error, request)


async def _prepared(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    # Whatever listens to on_response_prepare runs here; aiohttp would run it where nothing catches.
    if isinstance(response, web.Response):
        await response.prepare(request)
    return response


def _unexpected(request: web.Request, exc: BaseException) -> CRMError:
    if request.transport is None or request.writer.output_size > 0:
        raise ConnectionError("the client has gone, or has begun to read an answer") from exc
    log.error("unhandled error", request_id=request.get(REQUEST_ID), path=request.path, exc_info=exc)
    return as_crm_error(Exception())


def _drop_receivers(request: web.Request) -> None:
    """Let nobody interfere with the next answer: as aiohttp does for what could not be parsed."""
    request._match_info = None  # noqa: SLF001 - its applications are those whose receivers are asked
    request._payload_writer = StreamWriter(request.protocol, asyncio.get_running_loop())  # noqa: SLF001
