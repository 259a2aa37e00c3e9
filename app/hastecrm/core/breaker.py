"""A circuit breaker: a dependency that keeps failing is left alone for a while, and costs nothing then."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from hastecrm.core.codes import Code
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.logging import get_logger

log = get_logger()


class State(Enum):
    """Whether calls go through; the value is what the gauge shows."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """When to stop calling, and for how long; times are in seconds."""

    failures: int = 3  # so many in a row open it
    window: int = 20  # or, of so many latest calls,
    ratio: float = 0.5  # this share
    slow: float = 0.25  # an answer that takes longer counts as a failure
    cool_down: float = 2.0
    jitter: float = 0.25  # share of the cool-down, added at random so that replicas return one by one


class BreakerOpenError(SystemFaultError):
    """The dependency failed too often just now, so it was not even asked."""

    default = Code.SYS_UPSTREAM_UNAVAILABLE

    def __init__(self, name: str, seconds: float) -> None:
        detail = "A service that this one needs is away at the moment."
        super().__init__(detail, retry_after=max(1, round(seconds)), reason=f"{name} is left alone")


Listener = Callable[[str, State], None]


class Breaker:
    """Guards the calls to one dependency: closed, open after failures, then one trial at a time."""

    def __init__(
        self,
        name: str,
        failures: tuple[type[Exception], ...],
        policy: Policy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.state = State.CLOSED
        self._failures = failures
        self._policy = policy or Policy()
        self._clock = clock
        self._outcomes: deque[bool] = deque(maxlen=self._policy.window)
        self._in_a_row = 0
        self._opened_until = 0.0
        self._trial = False
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call this on every change of state."""
        self._listeners.append(listener)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Let one call through and learn from its outcome; raises `BreakerOpenError` instead while open."""
        with self._learning(trial=self._admit()):
            yield

    @contextmanager
    def probe(self) -> Iterator[None]:
        """Let a background check through, whatever the state; its success closes the breaker.

        Where something checks more often than the cool-down lasts, no visitor ever has to be the trial.
        """
        with self._learning(trial=self.state is not State.CLOSED):
            yield

    @contextmanager
    def _learning(self, *, trial: bool) -> Iterator[None]:
        started = self._clock()
        try:
            yield
        except self._failures:
            self._learn(ok=False, trial=trial)
            raise
        else:
            self._learn(ok=self._clock() - started <= self._policy.slow, trial=trial)
        finally:
            # Also when the call was cancelled, or failed in a way that says nothing about the dependency.
            if trial:
                self._trial = False

    def _admit(self) -> bool:
        if self.state is State.CLOSED:
            return False
        left = self._opened_until - self._clock()
        if left > 0 or self._trial:
            raise BreakerOpenError(self.name, left)
        self._trial = True
        self._become(State.HALF_OPEN)
        return True

    def _learn(self, *, ok: bool, trial: bool) -> None:
        if trial:
            self._close() if ok else self._open()
        elif self.state is State.CLOSED:  # calls that began before it opened have nothing new to say
            self._outcomes.append(ok)
            self._in_a_row = 0 if ok else self._in_a_row + 1
            if not ok and self._has_had_enough():
                self._open()

    def _has_had_enough(self) -> bool:
        policy, seen = self._policy, len(self._outcomes)
        bad_share = self._outcomes.count(False) / seen
        return self._in_a_row >= policy.failures or (seen == policy.window and bad_share >= policy.ratio)

    def _open(self) -> None:
        extra = self._policy.cool_down * self._policy.jitter * random.random()  # noqa: S311 - no secret
        self._opened_until = self._clock() + self._policy.cool_down + extra
        self._become(State.OPEN)

    def _close(self) -> None:
        self._outcomes.clear()
        self._in_a_row = 0
        self._become(State.CLOSED)

    def _become(self, state: State) -> None:
        if state is self.state:
            return
        if State.HALF_OPEN not in (state, self.state) or state is State.CLOSED:
            log.warning("breaker changed", dependency=self.name, state=state.name.lower())
        self.state = state
        for listener in self._listeners:
            listener(self.name, state)
