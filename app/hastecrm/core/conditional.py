"""Conditional requests (RFC 9110, 13): what the client has already is not sent again."""

import re
from hashlib import sha256
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from hastecrm.core.content_coding import Accepted, plain_tag
from hastecrm.core.operations import operation_of

_TAG = re.compile(r'(?:W/)?"[^"]*"')
_KEPT: Final = ("Cache-Control", "Content-Location", "Expires", "Vary")  # what a 304 repeats of the 200
_SAFE: Final = frozenset({"GET", "HEAD"})


def content_tag(body: bytes) -> str:
    """Return a weak entity tag: equal for equal bodies, in whatever coding they travel."""
    return f'W/"{sha256(body).hexdigest()[:24]}"'  # processors have instructions for this one


def has_state(if_match: str | None, tag: str) -> bool:
    """Whether an `If-Match` header allows a change of a state with this strong tag; no header allows any."""
    if if_match is None or if_match.strip() == "*":
        return True
    return tag in {plain_tag(given)[0] for given in _TAG.findall(if_match)}


def known_tag(if_none_match: str | None, tag: str, accepted: Accepted) -> str | None:
    """Return the tag of an `If-None-Match` header that stands for the same state, or None.

    Tags are compared weakly. One that belongs to a coding counts only where the client still takes it.
    """
    if if_none_match is None:
        return None
    if if_none_match.strip() == "*":
        return tag
    wanted = _opaque(plain_tag(tag)[0])
    for given in _TAG.findall(if_none_match):
        plain, coding = plain_tag(given)
        if _opaque(plain) == wanted and (coding is None or accepted.weight(coding) > 0):
            return str(given)
    return None


def known_to(request: web.Request, tag: str, accepted: Accepted) -> str | None:
    """Return the tag by which whoever asks says that they have this state, or None; see `known_tag`."""
    return known_tag(",".join(request.headers.getall("If-None-Match", [])) or None, tag, accepted)


@web.middleware
async def conditional(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the answers of operations a tag, and answer 304 to those who have that state."""
    response = await handler(request)
    if request.method not in _SAFE or response.status != 200 or response.prepared:
        return response
    if (tag := response.headers.get("ETag") or _own_tag(request, response)) is None:
        return response
    response.headers["ETag"] = tag
    accepted = Accepted.parse(request.headers.get("Accept-Encoding"))
    known = known_to(request, tag, accepted)
    return response if known is None else _not_modified(response, known)


def _own_tag(request: web.Request, response: web.StreamResponse) -> str | None:
    operation = operation_of(request)
    if operation is None or not operation.tagged or not isinstance(response, web.Response):
        return None
    return content_tag(bytes(response.body)) if isinstance(response.body, bytes | bytearray) else None


def _not_modified(response: web.StreamResponse, tag: str) -> web.Response:
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return web.Response(status=304, headers={**kept, "ETag": tag})


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/")
