"""Who may see the pages, and from where forms may be sent."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hastecrm.core.client_address import CLIENT
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError
from hastecrm.core.security import EVERYWHERE, with_transport
from hastecrm.web.api_client import SignedOutError
from hastecrm.web.session import SESSION, Session, Sessions

OPEN_PATHS = (
    *("/login", "/logout", "/setup", "/forgot-password", "/reset-password", "/verify-email"),
    *("/invitation", "/sign-up"),
    *("/static/", "/health", "/problems"),
)
_SAFE = frozenset({"GET", "HEAD"})
# No script-src: the pages have no script, and default-src forbids whatever somebody puts in.
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    **EVERYWHERE,
    "Content-Security-Policy": _CSP,
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
}


def page_headers(*, secure: bool) -> Mapping[str, str]:
    """Return the headers of every page."""
    return with_transport(_HEADERS, secure=secure)


def same_origin_only(public_url: str | None) -> Middleware:
    """Return a middleware that refuses changes which another site's page asked the browser for."""
    own = urlsplit(public_url).netloc if public_url else None

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in _SAFE and not _is_own(request, own):
            detail = "Forms are only accepted from this site's own pages. Reload the page and try again."
            raise HTTPError(detail, code=Code.AUTH_CROSS_SITE)
        return await handler(request)

    return check


def _is_own(request: web.Request, own: str | None) -> bool:
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site == "same-origin"
    # Over plain http browsers send no fetch metadata, but they do send the origin of a form.
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    # A proxy that we trust may have asked us under another name than the browser asked it.
    return bool(origin) and origin in {request.host, own, request[CLIENT].host}


class Renewal:
    """Renews sessions; requests that come together for the same one wait for one renewal."""

    def __init__(self, renew: Callable[[Session], Coroutine[Any, Any, Session | None]]) -> None:
        self._renew = renew
        self._under_way: dict[str, asyncio.Task[Session | None]] = {}

    async def renewed(self, session: Session) -> Session | None:
        """Return the session with new tokens, or None when it has ended."""
        task = self._under_way.get(session.refresh)
        if task is None:
            task = self._under_way[session.refresh] = asyncio.create_task(self._renew(session))
            task.add_done_callback(lambda _: self._under_way.pop(session.refresh, None))
        return await asyncio.shield(task)  # one visitor who goes away must not cost the others their session


def signed_in_only(sessions: Sessions, renewal: Renewal, clock: Clock) -> Middleware:
    """Return a middleware that keeps people signed in, and sends visitors to the sign-in page."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(OPEN_PATHS):
            return await handler(request)
        session = found = sessions.read(request)
        if session is not None and session.is_due(clock()):
            session = await renewal.renewed(session)
        if session is None:
            return _to_sign_in(request, sessions)
        request[SESSION] = session
        try:
            response = await handler(request)
        except SignedOutError:
            return _to_sign_in(request, sessions)
        if session is not found:
            sessions.begin(response, session)
        return response

    return check


def _to_sign_in(request: web.Request, sessions: Sessions) -> web.Response:
    target = f"/login?next={quote(request.path_qs)}" if request.method in _SAFE else "/login"
    response = web.Response(status=303, headers={"Location": target})
    if sessions.cookie in request.cookies:
        sessions.end(response)
    return response


def local_path(target: str | None) -> str:
    """Return where to go after signing in: a path of this site, whatever the address bar said."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return "/contacts"
