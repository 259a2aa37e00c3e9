"""The web tier's view of the API: typed answers, or an error that the pages can show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import aiohttp
import orjson

from hastecrm.core.breaker import Breaker, BreakerOpenError, Policy
from hastecrm.core.client_address import forwarded_headers
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, HTTPError, SystemFaultError
from hastecrm.core.operations import KEY_HEADER
from hastecrm.core.retry import Pace, RetryBudget, again
from hastecrm.core.trace import outgoing_headers

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=2)
_PROBE_TIMEOUT = aiohttp.ClientTimeout(total=2)
# Slow answers are still answers here: only failures say that the API is away.
_POLICY = Policy(failures=5, slow=_TIMEOUT.total or 10, cool_down=1.0)
_PACE = Pace(attempts=5, first=0.1, longest=0.8, jitter=0.05, within=3.0)
_CONTACTS = "/api/v1/contacts"


class APIUnavailableError(SystemFaultError):
    """The API cannot be reached or cannot answer at the moment."""

    default = Code.SYS_UPSTREAM_UNAVAILABLE

    def __init__(self, detail: str = "The contacts cannot be reached at the moment.") -> None:
        super().__init__(detail, retry_after=3)


class StillRunningError(APIUnavailableError):
    """The first request with this idempotency key has not ended."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The API said no for a reason that the person can do something about."""

    status: int
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Mapping[str, Any]) -> "Refusal":
        """Read problem details."""
        fields = {str(e.get("pointer", "")).lstrip("/"): str(e["detail"]) for e in problem.get("errors", [])}
        return cls(int(problem["status"]), str(problem["detail"]), fields)


@dataclass(frozen=True, slots=True)
class Row:
    """A contact as the list shows it."""

    id: str
    name: str
    initials: str
    email: str | None
    phone: str | None
    title: str | None
    company: str | None
    created_at: datetime

    @classmethod
    def of(cls, contact: Mapping[str, Any]) -> "Row":
        """Read a contact of the API."""
        first, last = str(contact["first_name"]), str(contact["last_name"])
        optional = {name: contact[name] for name in ("email", "phone", "title", "company")}
        created = datetime.fromisoformat(contact["created_at"])
        return cls(
            contact["id"],
            f"{first} {last}".strip(),
            (first[:1] + last[:1]).upper(),
            created_at=created,
            **optional,
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of contacts and how to get the next one."""

    rows: list[Row]
    next: str | None
    count: str


class APIClient:
    """Calls the API as the workspace; one connection pool per process."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self.breaker = Breaker("api", (APIUnavailableError,), _POLICY)
        self.retries = RetryBudget("api")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def check(self) -> None:
        """Raise unless the API is ready (for the background checker)."""
        status, _ = await self._call("GET", "/health/ready", limits=_PROBE_TIMEOUT)
        if status != 200:
            raise APIUnavailableError(f"the API answered {status} to its readiness probe")

    async def accepts(self, token: str, request_id: str) -> bool:
        """Whether the API takes this access token."""
        status, body = await self._ask("GET", f"{_CONTACTS}?limit=1", token=token, request_id=request_id)
        if status not in {200, 401}:
            raise _unexpected(status, body)
        return status == 200

    async def listing(self, cursor: str | None, request_id: str) -> Listing | Refusal:
        """Return a page of contacts."""
        query = f"?limit=25&cursor={cursor}" if cursor else "?limit=25"
        status, page = await self._ask("GET", _CONTACTS + query, request_id=request_id)
        if status == 422:
            return Refusal.of(page)
        if status != 200:
            raise _unexpected(status, page)
        rows = [Row.of(contact) for contact in page["items"]]
        return Listing(rows, page["next"], await self._count(request_id))

    async def add(self, values: Mapping[str, str], key: str, request_id: str) -> Refusal | None:
        """Add a contact, once for each key; return why not, if the API refuses its values."""
        status, body = await self._ask("POST", _CONTACTS, body=values, key=key, request_id=request_id)
        if status == 422 and body["code"] == Code.BIZ_IDEMPOTENCY_KEY_REUSED.name:
            # Whoever goes back to a form and changes it wants another contact.
            status, body = await self._ask(
                "POST", _CONTACTS, body=values, key=new_key(), request_id=request_id
            )
        if status in {409, 422}:
            return Refusal.of(body)
        if status != 201:
            raise _unexpected(status, body)
        return None

    async def _count(self, request_id: str) -> str:
        status, body = await self._ask("GET", f"{_CONTACTS}/count", request_id=request_id)
        if status != 200:
            raise _unexpected(status, body)
        return f"{body['count']:,}{'+' if body['capped'] else ''}"

    async def _ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        if method != "GET" and "key" not in options:
            return await self._once(method, path, options)
        work = partial(self._once, method, path, options)
        return await again(work, when=_may_pass, budget=self.retries, pace=_PACE)

    async def _once(self, method: str, path: str, options: Mapping[str, Any]) -> tuple[int, Any]:
        try:
            with self.breaker.guard():
                status, body = await self._call(method, path, **options)
        except BreakerOpenError as exc:
            raise APIUnavailableError from exc
        if status == 409 and body["code"] == Code.BIZ_IDEMPOTENCY_IN_PROGRESS.name:
            raise StillRunningError
        return status, body

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, str] | None = None,
        limits: aiohttp.ClientTimeout = _TIMEOUT,
        **context: str,
    ) -> tuple[int, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        headers = {"Authorization": f"Bearer {context.get('token', self._token)}", **outgoing_headers()}
        headers["Accept-Encoding"] = "identity"  # next door: packing and unpacking would take longer
        headers |= forwarded_headers()
        if limits is _PROBE_TIMEOUT:
            headers["Connection"] = "close"  # each look may meet another replica, as new visitors do
        if "request_id" in context:
            headers["X-Request-ID"] = context["request_id"]
        if "key" in context:
            headers[KEY_HEADER] = context["key"]
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = orjson.dumps(body) if body is not None else None
        try:
            async with self._session.request(
                method, self._base_url + path, data=data, headers=headers, timeout=limits
            ) as response:
                return response.status, orjson.loads(await response.read() or b"null")
        except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError) as exc:
            raise APIUnavailableError from exc


def new_key() -> str:
    """Return a key for something that is to be done once."""
    return uuid4().hex


def _may_pass(exc: Exception) -> bool:
    """Whether the connection broke, or the first request still runs; one that took too long will again."""
    broke = isinstance(exc.__cause__, aiohttp.ClientConnectionError)
    return isinstance(exc, StillRunningError) or (broke and not isinstance(exc.__cause__, TimeoutError))


def _unexpected(status: int, body: Any) -> CRMError:
    if status >= 500:
        return APIUnavailableError()
    detail = body.get("detail") if isinstance(body, dict) else None
    if status == Code.HTTP_RATE_LIMITED.status and isinstance(body, dict):
        return HTTPError(str(detail), code=Code.HTTP_RATE_LIMITED, retry_after=body.get("retry_after"))
    return SystemFaultError(f"The API answered {status}: {detail}")
