"""A journey through a running API, step by step, each timed: the proof that it works. Knows no feature."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

REQUEST_SECONDS: Final = 10.0
JOURNEY_SECONDS: Final = 60.0
_LONGEST_WAIT: Final = 30.0  # for a rate limit


class StepError(Exception):
    """The API answered something else than it should."""


class Visitor:
    """Someone on a journey: sends requests, and takes every unexpected answer for a failure."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self.token: str | None = None  # once signed in

    async def ask(self, method: str, path: str, expected: int, body: Any = None) -> Any:
        """Send a request and return what was answered; raises `StepError`: status, code and request.

        Who is told to come back later (429) does so: a limit is no fault of a release.
        """
        while True:
            status, answer, headers = await self._send(method, path, body)
            wait = headers.get("Retry-After", "")
            if status != 429 or not wait.isdigit() or int(wait) > _LONGEST_WAIT:
                break
            await asyncio.sleep(int(wait))
        if status != expected:
            raise StepError(_unexpected(f"{method} {path}", status, expected, answer, headers))
        return answer

    async def _send(self, method: str, path: str, body: Any) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        limit = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        sent = self._session.request(method, self._url + path, json=body, headers=headers, timeout=limit)
        async with sent as response:
            answer = None
            with suppress(ValueError):  # what is no JSON is told by its status
                answer = await response.json(content_type=None)
            return response.status, answer, response.headers


def _unexpected(what: str, status: int, expected: int, answer: Any, headers: Any) -> str:
    problem = answer if isinstance(answer, dict) else {}
    code, detail = problem.get("code", "without a code"), problem.get("detail", "")
    request = headers.get("X-Request-ID", "unknown")
    told = f"{what} answered {status} instead of {expected} ({code}, request {request})"
    return f"{told}: {detail}" if detail else told


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a visitor does; raises `StepError` when it does not go well."""

    name: str
    go: Callable[[Visitor], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step; `problem` is None when it went well."""

    step: str
    milliseconds: float
    problem: str | None = None


async def travel(visitor: Visitor, steps: Sequence[Step]) -> AsyncIterator[Outcome]:
    """Yield the outcome of each step; the first failure ends the journey."""
    end = time.monotonic() + JOURNEY_SECONDS
    for step in steps:
        outcome = await _timed(visitor, step, max(0.0, end - time.monotonic()))
        yield outcome
        if outcome.problem is not None:
            return


async def _timed(visitor: Visitor, step: Step, seconds: float) -> Outcome:
    started, problem = time.monotonic(), None
    try:
        async with asyncio.timeout(seconds):
            await step.go(visitor)
    except TimeoutError:
        problem = f"no answer within {time.monotonic() - started:.0f} s"
    except (KeyError, TypeError) as exc:
        problem = f"the answer has another form than it should: {exc!r}"
    except (StepError, aiohttp.ClientError, OSError) as exc:
        problem = str(exc) or type(exc).__name__
    return Outcome(step.name, round((time.monotonic() - started) * 1000, 1), problem)
