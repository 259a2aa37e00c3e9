"""Requests at a constant rate, spread as a Service does it: round robin over the processes that are ready."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from tests.integration.application import CONTACTS, TOKEN
from tests.integration.processes import RoleProcess

_LOOK = 0.25  # seconds between two looks at each readiness; so long, requests still come after SIGTERM


@dataclass
class Outcomes:
    """What became of the requests; `failures` has whatever a user would call one."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    told_to_leave: int = 0  # answers that closed the connection


class Service:
    """A client that sends a request every so often, without waiting for the ones before."""

    def __init__(self, rate: float, http: aiohttp.ClientSession) -> None:
        self.members: list[RoleProcess] = []
        self.outcomes = Outcomes()
        self._pause = 1 / rate
        self._http = http
        self._ready: Sequence[RoleProcess] = ()
        self._turn = itertools.count()

    async def look(self) -> None:
        """Keep the list of ready processes, until cancelled."""
        while True:
            seen = await asyncio.gather(*(member.probe("/health/ready") for member in self.members))
            self._ready = [
                member for member, status in zip(self.members, seen, strict=False) if status == 200
            ]
            await asyncio.sleep(_LOOK)

    async def send(self) -> None:
        """Send requests at the rate, until cancelled; what is on its way then is waited for."""
        async with asyncio.TaskGroup() as sent:
            try:
                while True:
                    await asyncio.sleep(self._pause)
                    sent.create_task(self._one(next(self._turn)))
            except asyncio.CancelledError:
                return

    async def _one(self, number: int) -> None:
        if not self._ready:
            self.outcomes.failures.append("nobody was ready")
            return
        member = self._ready[number % len(self._ready)]
        body = {"first_name": f"Visitor {number}"} if number % 3 == 0 else None
        try:
            await self._ask(member.url + CONTACTS, body)
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            self.outcomes.failures.append(f"{type(exc).__name__}: {exc}")

    async def _ask(self, url: str, body: dict[str, str] | None) -> None:
        async with self._http.request("POST" if body else "GET", url, json=body) as answer:
            await answer.read()
        self.outcomes.statuses[answer.status] += 1
        if answer.headers.get("Connection") == "close":
            self.outcomes.told_to_leave += 1
        if answer.status not in {200, 201}:
            self.outcomes.failures.append(f"answered {answer.status}")


@asynccontextmanager
async def under_load(rate: float, *members: RoleProcess) -> AsyncIterator[Service]:
    """Send requests to the members for the length of the block, over connections that are kept."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    limits = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(headers=headers, timeout=limits) as http:
        service = Service(rate, http)
        service.members.extend(members)
        looking = asyncio.create_task(service.look())
        await asyncio.sleep(3 * _LOOK)
        sending = asyncio.create_task(service.send())
        try:
            yield service
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            looking.cancel()
            await asyncio.wait({looking})
