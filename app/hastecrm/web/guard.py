"""Who may see the pages, and from where forms may be sent."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hastecrm.core.client_address import CLIENT
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError
from hastecrm.core.security import EVERYWHERE, with_transport
from hastecrm.web.session import Sessions

OPEN_PATHS = ("/login", "/static/", "/health")
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


def signed_in_only(sessions: Sessions, clock: Clock) -> Middleware:
    """Return a middleware that sends visitors without a session to the sign-in page."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(OPEN_PATHS) or is_signed_in(request, sessions, clock):
            return await handler(request)
        target = f"/login?next={quote(request.path_qs)}" if request.method in _SAFE else "/login"
        raise web.HTTPSeeOther(target)

    return check


def is_signed_in(request: web.Request, sessions: Sessions, clock: Clock) -> bool:
    """Whether the request carries a session that is still good."""
    return sessions.accepts(request.cookies.get(sessions.cookie), clock())


def local_path(target: str | None) -> str:
    """Return where to go after signing in: a path of this site, whatever the address bar said."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return "/contacts"
