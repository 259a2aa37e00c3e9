"""Trying again, only where that is safe and only within a budget.

Retries help against single failures and make outages worse: each dependency has a budget, so that they
never add more than a tenth to the calls that are made anyway (docs/adr/0006).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from hastecrm.core.logging import get_logger

log = get_logger()
T = TypeVar("T")

# What is told of each failure that could be tried again: the dependency, and whether the budget allowed it.
RetryListener = Callable[[str, bool], None]


class RetryBudget:
    """Every call earns a share of a retry; a small reserve covers quiet times, and is never exceeded."""

    def __init__(self, dependency: str, *, share: float = 0.1, reserve: float = 20.0) -> None:
        self.dependency = dependency
        self._share = share
        self._reserve = reserve
        self._left = reserve
        self._listeners: list[RetryListener] = []

    def listen(self, listener: RetryListener) -> None:
        """Call this whenever a retry is granted or refused."""
        self._listeners.append(listener)

    def earn(self) -> None:
        """Note one call."""
        self._left = min(self._reserve, self._left + self._share)

    def take(self) -> bool:
        """Spend one retry; return whether there was one."""
        granted = self._left >= 1
        if granted:
            self._left -= 1
        for listener in self._listeners:
            listener(self.dependency, granted)
        return granted


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how fast to try; times are in seconds."""

    attempts: int = 3  # the first one included
    first: float = 0.05  # pause before the second attempt; it doubles with each further one
    longest: float = 1.0
    jitter: float = 0.05
    within: float = 2.0  # no further attempt begins after this


async def again(
    work: Callable[[], Awaitable[T]],
    *,
    when: Callable[[Exception], bool],
    budget: RetryBudget,
    pace: Pace = Pace(),
) -> T:
    """Do work that is safe to repeat, and repeat it after failures that `when` names, within the limits."""
    budget.earn()
    try:
        return await work()
    except Exception as exc:
        if not when(exc):
            raise
        first = exc
    return await _rest(work, first, _Decision(when, budget, pace.attempts), pace)


class _Decision:
    """Whether a failure is followed by another attempt."""

    def __init__(self, when: Callable[[Exception], bool], budget: RetryBudget, attempts: int) -> None:
        self._when = when
        self._budget = budget
        self._left = attempts - 1

    def __call__(self, exc: Exception) -> bool:
        self._left -= 1
        if self._left < 0 or not self._when(exc) or not self._budget.take():
            return False
        log.info("trying again", dependency=self._budget.dependency, reason=str(exc))
        return True


async def _rest(work: Callable[[], Awaitable[T]], first: Exception, decide: _Decision, pace: Pace) -> T:
    # Imported with the first failure: it costs memory, and every call would pay for its machinery.
    import stamina  # noqa: PLC0415

    # Its own log line and its counter in the global registry say the same again.
    stamina.instrumentation.set_on_retry_hooks(())
    attempts = stamina.retry_context(
        on=decide,
        attempts=pace.attempts,
        timeout=pace.within,
        wait_initial=pace.first,
        wait_max=pace.longest,
        wait_jitter=pace.jitter,
    )
    async for attempt in attempts:
        with attempt:
            if attempt.num == 1:
                raise first
            return await work()
    raise first  # pragma: no cover - the loop above always returns or raises
