"""One contact's life through a running API, step by step: the proof that a release works."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_PATH = "/api/v1/contacts"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step; `problem` is None when it went well."""

    step: str
    milliseconds: float
    problem: str | None


class StepError(Exception):
    """The API answered something else than it should."""


class Journey:
    """Creates, reads, lists, changes and deletes one contact of its own."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._url = base_url.rstrip("/") + _PATH
        self._id = ""

    async def run(self) -> AsyncIterator[Outcome]:
        """Yield each step's outcome; stop at the first failure, but never leave the contact behind."""
        for step in (self._create, self._read, self._list, self._update, self._delete):
            outcome = await _timed(step)
            yield outcome
            if outcome.problem is not None:
                if self._id and step != self._delete:
                    yield await _timed(self._delete)
                return

    async def _create(self) -> None:
        mark = uuid4().hex[:12]
        body = {"first_name": "Smoke", "last_name": mark, "email": f"smoke-{mark}@example.com"}
        created = await self._ask("POST", "", 201, body)
        self._id = created["id"]

    async def _read(self) -> None:
        contact = await self._ask("GET", f"/{self._id}", 200)
        if contact["first_name"] != "Smoke":
            raise StepError("the contact that was read is not the one that was created")

    async def _list(self) -> None:
        page = await self._ask("GET", "?limit=100", 200)
        if self._id not in {contact["id"] for contact in page["items"]}:
            raise StepError("the new contact is not among the newest 100")

    async def _update(self) -> None:
        contact = await self._ask("PATCH", f"/{self._id}", 200, {"title": "Tester"})
        if contact["title"] != "Tester":
            raise StepError("the change was not stored")

    async def _delete(self) -> None:
        await self._ask("DELETE", f"/{self._id}", 204)
        await self._ask("GET", f"/{self._id}", 404)

    async def _ask(self, method: str, path: str, expected: int, body: Any = None) -> Any:
        async with self._session.request(method, self._url + path, json=body, timeout=_TIMEOUT) as response:
            answer = await response.json(content_type=None) if response.status != 204 else None
        if response.status != expected:
            detail = answer.get("detail") if isinstance(answer, dict) else answer
            raise StepError(f"{method} answered {response.status} instead of {expected}: {detail}")
        return answer


async def _timed(step: Callable[[], Awaitable[None]]) -> Outcome:
    started = time.perf_counter()
    problem = None
    try:
        await step()
    except (StepError, aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as exc:
        problem = str(exc) or type(exc).__name__
    name = step.__name__.strip("_")
    return Outcome(name, (time.perf_counter() - started) * 1000, problem)
