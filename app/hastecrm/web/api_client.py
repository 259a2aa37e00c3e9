"""The web tier's view of the API: typed answers, or an error that the pages can show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import orjson

from hastecrm.core.breaker import Breaker, BreakerOpenError, Policy
from hastecrm.core.client_address import forwarded_headers
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, HTTPError, SystemFaultError
from hastecrm.core.trace import outgoing_headers

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=2)
_PROBE_TIMEOUT = aiohttp.ClientTimeout(total=2)
# Slow answers are still answers here: only failures say that the API is away.
_POLICY = Policy(failures=5, slow=_TIMEOUT.total or 10, cool_down=1.0)
_CONTACTS = "/api/v1/contacts"


class APIUnavailableError(SystemFaultError):
    """The API cannot be reached or cannot answer at the moment."""

    default = Code.SYS_UPSTREAM_UNAVAILABLE

    def __init__(self, detail: str = "The contacts cannot be reached at the moment.") -> None:
        super().__init__(detail, retry_after=3)


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

    async def add(self, values: Mapping[str, str], request_id: str) -> Refusal | None:
        """Add a contact; return why not, if the API refuses its values."""
        status, body = await self._ask("POST", _CONTACTS, body=values, request_id=request_id)
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
        try:
            with self.breaker.guard():
                return await self._call(method, path, **options)
        except BreakerOpenError as exc:
            raise APIUnavailableError from exc

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


def _unexpected(status: int, body: Any) -> CRMError:
    if status >= 500:
        return APIUnavailableError()
    detail = body.get("detail") if isinstance(body, dict) else None
    if status == Code.HTTP_RATE_LIMITED.status and isinstance(body, dict):
        return HTTPError(str(detail), code=Code.HTTP_RATE_LIMITED, retry_after=body.get("retry_after"))
    return SystemFaultError(f"The API answered {status}: {detail}")
