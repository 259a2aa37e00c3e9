"""Rate limits on requests: whom each is charged to, the 429, and what every answer tells about what is left.

Who is signed in is counted as such, whatever addresses they come from; everyone else by address. Whoever
holds the installation's own token and comes straight to this server (benchmarks, scripts inside)
is not limited; what a trusted proxy such as the web tier asks with it counts for the address it asks for.
"""

import time
from math import ceil
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import Counter

from hastecrm.core.cache import Cache
from hastecrm.core.client_address import CLIENT
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, HTTPError
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.metrics import Metrics
from hastecrm.core.operations import operation_of
from hastecrm.core.rate_limit.gcra import SECOND, Quota, Verdict
from hastecrm.core.rate_limit.limiter import RateLimiter, Zone, of_address
from hastecrm.core.settings import Settings

# The names of draft-ietf-httpapi-ratelimit-headers-06: later drafts pack them into one structured field that
# hardly any client reads yet.
LIMIT, REMAINING, RESET = "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"
HEADERS: Final = (LIMIT, REMAINING, RESET, f"X-{LIMIT}", f"X-{REMAINING}", f"X-{RESET}")
_PROBES = ("/health", "/metrics")
_TURNED_AWAY: Final = frozenset({401, 403})
_TOLD: Final = web.RequestKey("rate_limit", dict[str, str])


class RateLimited(HTTPError):  # noqa: N818 - reads better where it is raised
    """The client has used up what it may send."""

    default = Code.HTTP_RATE_LIMITED

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests: wait {seconds} s, then go on more slowly.", retry_after=seconds)


class RateLimits:
    """The limits of one application: `strangers` goes before authentication, `callers` after it."""

    def __init__(self, limiter: RateLimiter, refused: Counter) -> None:
        self._limiter = limiter
        self._refused = refused
        for zone in Zone:
            refused.labels(zone)

    @classmethod
    def of(cls, settings: Settings, cache: Cache, metrics: Metrics) -> "RateLimits":
        """Return the limits that the settings describe."""
        burst, attempts = settings.rate_limit_burst, settings.rate_limit_auth
        # Pages send requests in bursts; of attempts to sign in, a minute's worth may come at once.
        at_once = max(1, min(burst, attempts.requests * 60 // attempts.seconds))
        quotas = {
            Zone.API: Quota.of(settings.rate_limit_api, burst),
            Zone.AUTH: Quota.of(attempts, at_once),
        }
        registry = metrics.registry
        refused = Counter("hastecrm_rate_limited", "Requests over a limit.", ["zone"], registry=registry)
        return cls(RateLimiter(quotas, cache), refused)

    @web.middleware
    async def strangers(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count what was turned away before `callers`: nobody may try credentials without end."""
        try:
            return await handler(request)
        except CRMError as exc:
            uncounted = exc.status in _TURNED_AWAY and _TOLD not in request
            if uncounted and (client := _client(request, Zone.API)) is not None:
                await self._charge(request, Zone.API, client)
            raise

    @web.middleware
    async def callers(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count every other request, before it costs anything."""
        if not request.path.startswith(_PROBES):
            operation = operation_of(request)
            zone = operation.zone if operation is not None else Zone.API
            if (client := _client(request, zone)) is not None:
                await self._charge(request, zone, client)
        return await handler(request)

    async def tell(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put what is left into the answer (a signal's receiver)."""
        if (told := request.get(_TOLD)) is not None:
            response.headers.update(told)

    async def _charge(self, request: web.Request, zone: Zone, client: str) -> None:
        quota, verdict = self._limiter.quota(zone), await self._limiter.charge(zone, client)
        if quota is None or verdict is None:
            return
        request[_TOLD] = _headers(quota.burst, verdict)
        if not verdict.allowed:
            self._refused.labels(zone).inc()
            raise RateLimited(_seconds(verdict.retry_after))


def _client(request: web.Request, zone: Zone) -> str | None:
    principal, client = request.get(PRINCIPAL), request[CLIENT]
    if principal is None or zone is Zone.AUTH:
        return of_address(client.address)
    if principal.key is not None:
        return f"key:{principal.key}"
    if principal.user is not None:
        return f"user:{principal.user}"
    return of_address(client.address) if client.forwarded else None


def _headers(burst: int, verdict: Verdict) -> dict[str, str]:
    reset = _seconds(verdict.reset_after)
    # The older names are understood as GitHub means them: the reset is a time of day in Unix seconds.
    values = (burst, verdict.remaining, reset, burst, verdict.remaining, int(time.time()) + reset)
    return dict(zip(HEADERS, map(str, values), strict=True))


def _seconds(microseconds: int) -> int:
    return ceil(microseconds / SECOND)
