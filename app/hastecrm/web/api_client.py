"""The web tier's view of the API: typed answers, or an error that the pages can show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import aiohttp
import orjson

from hastecrm.core.breaker import Breaker, BreakerOpenError, Policy
from hastecrm.core.client_address import forwarded_headers
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, HTTPError, MaintenanceError, SystemFaultError
from hastecrm.core.operations import KEY_HEADER
from hastecrm.core.retry import Pace, RetryBudget, again
from hastecrm.core.trace import outgoing_headers

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=2)
_PROBE_TIMEOUT = aiohttp.ClientTimeout(total=2)
# Slow answers are still answers here: only failures say that the API is away.
_POLICY = Policy(failures=5, slow=_TIMEOUT.total or 10, cool_down=1.0)
_PACE = Pace(attempts=5, first=0.1, longest=0.8, jitter=0.05, within=3.0)


class APIUnavailableError(SystemFaultError):
    """The API cannot be reached or cannot answer at the moment."""

    default = Code.SYS_UPSTREAM_UNAVAILABLE

    def __init__(self, detail: str = "The CRM cannot be reached at the moment.") -> None:
        super().__init__(detail, retry_after=3)


class StillRunningError(APIUnavailableError):
    """The first request with this idempotency key has not ended."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The API said no for a reason that the person can do something about."""

    status: int
    code: str
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Mapping[str, Any]) -> "Refusal":
        """Read problem details."""
        fields = {str(e.get("pointer", "")).lstrip("/"): str(e["detail"]) for e in problem.get("errors", [])}
        return cls(int(problem["status"]), str(problem["code"]), str(problem["detail"]), fields)


class SignedOutError(Exception):
    """The API does not know this session (any more): whoever it was has to sign in again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered."""

    status: int
    body: Any

    def is_a(self, code: Code) -> bool:
        """Whether it is a problem with this code."""
        return self.status == code.status and _code_of(self.body) == code.name

    def expect(self, status: int) -> Any:
        """Return the body of the answer that was hoped for; raises what the pages can show for any other."""
        if self.status != status:
            raise _unexpected(self.status, self.body)
        return self.body


class APIClient:
    """Calls the API on behalf of people; one connection pool per process."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session: aiohttp.ClientSession | None = None
        self.breaker = Breaker("api", (APIUnavailableError,), _POLICY)
        self.retries = RetryBudget("api")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def check(self) -> None:
        """Raise unless the API is ready (for the background checker)."""
        # A connection of its own: each look may meet another replica, as new visitors do.
        headers = {"Connection": "close"}
        reply = await self._call("GET", "/health/ready", headers, None, _PROBE_TIMEOUT)
        if reply.status != 200:
            raise APIUnavailableError(f"the API answered {reply.status} to its readiness probe")

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return the answer; what may be done twice is tried again when the connection breaks.

        Raises `SignedOutError` when the token is not taken, `APIUnavailableError` when nothing comes back.
        """
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token is not None else {})}
        work = partial(self._once, method, path, sent, body)
        if method == "GET" or KEY_HEADER in sent:
            reply = await again(work, when=_may_pass, budget=self.retries, pace=_PACE)
        else:
            reply = await work()
        if reply.status == 401 and token is not None:
            raise SignedOutError
        return reply

    async def _once(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> Reply:
        try:
            with self.breaker.guard():
                reply = await self._call(method, path, headers, body, _TIMEOUT)
        except BreakerOpenError as exc:
            raise APIUnavailableError from exc
        if reply.is_a(Code.BIZ_IDEMPOTENCY_IN_PROGRESS):
            raise StillRunningError
        return reply

    async def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        limits: aiohttp.ClientTimeout,
    ) -> Reply:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        kind = {"Content-Type": "application/json"} if body is not None else {}
        # Next door: packing and unpacking would take longer.
        own = {**outgoing_headers(), **forwarded_headers(), **kind, "Accept-Encoding": "identity"}
        data = orjson.dumps(body) if body is not None else None
        try:
            async with self._session.request(
                method, self._base_url + path, data=data, headers={**headers, **own}, timeout=limits
            ) as response:
                return Reply(response.status, orjson.loads(await response.read() or b"null"))
        except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError) as exc:
            raise APIUnavailableError from exc


def _code_of(body: Any) -> str | None:
    return body.get("code") if isinstance(body, dict) else None


def new_key() -> str:
    """Return a key for something that is to be done once."""
    return uuid4().hex


def _may_pass(exc: Exception) -> bool:
    """Whether the connection broke, or the first request still runs; one that took too long will again."""
    broke = isinstance(exc.__cause__, aiohttp.ClientConnectionError)
    return isinstance(exc, StillRunningError) or (broke and not isinstance(exc.__cause__, TimeoutError))


def _unexpected(status: int, body: Any) -> CRMError:
    if status == Code.SYS_MAINTENANCE.status and _code_of(body) == Code.SYS_MAINTENANCE.name:
        return MaintenanceError()
    if status >= 500:
        return APIUnavailableError()
    detail = body.get("detail") if isinstance(body, dict) else None
    if status == Code.HTTP_RATE_LIMITED.status and isinstance(body, dict):
        return HTTPError(str(detail), code=Code.HTTP_RATE_LIMITED, retry_after=body.get("retry_after"))
    return SystemFaultError(f"The API answered {status}: {detail}")
