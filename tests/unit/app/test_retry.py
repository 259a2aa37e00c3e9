"""What is tried again, how often, and how the budget keeps an outage from being made worse."""

import pytest

from hastecrm.core.retry import Pace, RetryBudget, again

AT_ONCE = Pace(attempts=3, first=0.0, longest=0.0, jitter=0.0)


class Flaky:
    """Work that fails a number of times before it succeeds."""

    def __init__(self, failures: int, error: type[Exception] = ConnectionError) -> None:
        self.runs = 0
        self._failures = failures
        self._error = error

    async def __call__(self) -> str:
        self.runs += 1
        if self.runs <= self._failures:
            raise self._error("flaky")
        return "done"


def is_connection(exc: Exception) -> bool:
    return isinstance(exc, ConnectionError)


async def test_work_that_succeeds_runs_once() -> None:
    work = Flaky(0)

    assert await again(work, when=is_connection, budget=RetryBudget("x"), pace=AT_ONCE) == "done"
    assert work.runs == 1


async def test_work_that_fails_for_a_moment_is_repeated() -> None:
    work = Flaky(2)

    assert await again(work, when=is_connection, budget=RetryBudget("x"), pace=AT_ONCE) == "done"
    assert work.runs == 3


async def test_the_last_failure_is_what_the_caller_gets() -> None:
    work = Flaky(9)
    with pytest.raises(ConnectionError, match="flaky"):
        await again(work, when=is_connection, budget=RetryBudget("x"), pace=AT_ONCE)

    assert work.runs == 3


async def test_failures_of_another_kind_are_not_repeated() -> None:
    work = Flaky(1, KeyError)
    with pytest.raises(KeyError):
        await again(work, when=is_connection, budget=RetryBudget("x"), pace=AT_ONCE)

    assert work.runs == 1


async def test_retries_never_exceed_their_share_of_the_calls() -> None:
    budget, runs = RetryBudget("x", share=0.1, reserve=5), 0

    async def down() -> None:
        nonlocal runs
        runs += 1
        raise ConnectionError

    for _ in range(1000):
        with pytest.raises(ConnectionError):
            await again(down, when=is_connection, budget=budget, pace=AT_ONCE)

    assert 1000 < runs <= 1000 + 100 + 5


async def test_quiet_times_save_no_more_than_the_reserve() -> None:
    budget = RetryBudget("x", share=0.5, reserve=2)
    for _ in range(100):
        budget.earn()

    assert [budget.take() for _ in range(3)] == [True, True, False]


async def test_granted_and_refused_retries_are_told() -> None:
    budget, told = RetryBudget("redis", share=0.1, reserve=1), []
    budget.listen(lambda name, granted: told.append((name, granted)))
    with pytest.raises(ConnectionError):
        await again(Flaky(9), when=is_connection, budget=budget, pace=AT_ONCE)

    assert told == [("redis", True), ("redis", False)]
