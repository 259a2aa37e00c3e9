"""One way to call what is outside the process: mail, OpenID providers, webhooks, AI, S3.

    remotes = Remotes(metrics)                                   # once, in `main`
    mail = remotes.add("mail", (OSError, SMTPException), MAIL)   # one for each dependency, also in `main`
    await mail.call(lambda: send(message))                       # where it is used

A call has a time limit and goes through the dependency's breaker: after some failures it is not even tried
for a while and raises `BreakerOpenError` (503 SYS_UPSTREAM_UNAVAILABLE) at once. A call that runs into the
limit raises `RemoteTimeoutError`. What `errors` names counts as a failure and reaches the caller as it is;
everything else (a refused password, a 404) is an answer. Only `idempotent=True` is ever repeated, within the
budget of the dependency. State, calls by outcome and retries are metrics; nothing else is needed for them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from prometheus_client import Counter

from hastecrm.core.breaker import Breaker, BreakerOpenError, Policy
from hastecrm.core.codes import Code
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.metrics import Metrics
from hastecrm.core.retry import Pace, RetryBudget, again

T = TypeVar("T")
Errors = tuple[type[Exception], ...]
Tell = Callable[[str, str], None]


class RemoteTimeoutError(SystemFaultError):
    """The dependency did not answer within its limit."""

    default = Code.SYS_UPSTREAM_UNAVAILABLE

    def __init__(self, name: str, seconds: float) -> None:
        detail = "A service that this one needs does not answer at the moment."
        super().__init__(detail, retry_after=5, reason=f"{name} did not answer within {seconds:g} s")


@dataclass(frozen=True, slots=True)
class Terms:
    """How one dependency is called; times are in seconds."""

    timeout: float = 5.0  # for one attempt, connecting included
    breaker: Policy = field(default_factory=lambda: Policy(slow=float("inf"), cool_down=5.0))
    pace: Pace = field(default_factory=lambda: Pace(attempts=3, first=0.1, jitter=0.1, within=5.0))


class Remote:
    """A dependency outside the process, called within limits."""

    def __init__(self, name: str, errors: Errors, terms: Terms, tell: Tell = lambda *_: None) -> None:
        self.name = name
        self.breaker = Breaker(name, (*errors, RemoteTimeoutError), terms.breaker)
        self.retries = RetryBudget(name)
        self._errors = errors
        self._terms = terms
        self._tell = tell

    async def call(self, work: Callable[[], Awaitable[T]], *, idempotent: bool = False) -> T:
        """Do the work within the limit; raises its own errors, `RemoteTimeoutError` or `BreakerOpenError`."""
        if not idempotent:
            return await self._once(work)
        pace = self._terms.pace
        return await again(lambda: self._once(work), when=self._may_pass, budget=self.retries, pace=pace)

    def _may_pass(self, exc: Exception) -> bool:
        return isinstance(exc, (*self._errors, RemoteTimeoutError))

    async def _once(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            with self.breaker.guard():
                result = await self._limited(work)
        except BreakerOpenError:
            self._tell(self.name, "refused")
            raise
        except RemoteTimeoutError:
            self._tell(self.name, "timeout")
            raise
        except self._errors:
            self._tell(self.name, "failed")
            raise
        except Exception:
            self._tell(self.name, "answered")  # an answer that the caller did not want
            raise
        self._tell(self.name, "answered")
        return result

    async def _limited(self, work: Callable[[], Awaitable[T]]) -> T:
        limit = asyncio.timeout(self._terms.timeout)
        try:
            async with limit:
                return await work()
        except TimeoutError as exc:
            if limit.expired():
                raise RemoteTimeoutError(self.name, self._terms.timeout) from exc
            raise


class Remotes:
    """Makes remotes whose state, calls and retries show in the metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._calls = Counter(
            "hastecrm_remote_calls",
            "Calls to services outside: answered, failed, timeout, or refused by the breaker.",
            ["remote", "outcome"],
            registry=metrics.registry,
        )

    def add(self, name: str, errors: Errors, terms: Terms | None = None) -> Remote:
        """Return the remote of one dependency; `name` is a label, so use a word and never an address."""
        remote = Remote(name, errors, terms or Terms(), self._count)
        for outcome in ("answered", "failed", "timeout", "refused"):
            self._calls.labels(name, outcome)
        self._metrics.watch_breaker(remote.breaker)
        self._metrics.watch_retries(remote.retries)
        return remote

    def _count(self, name: str, outcome: str) -> None:
        self._calls.labels(name, outcome).inc()
