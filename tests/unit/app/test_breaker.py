"""A breaker stops calling what keeps failing, and finds out by itself when it is back."""

import pytest

from hastecrm.core.breaker import Breaker, BreakerOpenError, Policy, State
from hastecrm.core.metrics import Metrics

POLICY = Policy(failures=3, window=10, ratio=0.5, slow=0.25, cool_down=2.0, jitter=0.25)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("redis", (OSError,), POLICY, clock)


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(OSError, match="gone"), breaker.guard():
            raise OSError("gone")


def succeed(breaker: Breaker) -> None:
    with breaker.guard():
        pass


def test_a_few_failures_in_a_row_open_it(breaker: Breaker) -> None:
    fail(breaker, 3)

    with pytest.raises(BreakerOpenError) as refused, breaker.guard():
        pytest.fail("the call went through")
    assert (refused.value.status, refused.value.retry_after) == (503, 2)


def test_one_success_between_failures_keeps_it_closed(breaker: Breaker) -> None:
    fail(breaker, 2)
    succeed(breaker)
    fail(breaker, 2)

    assert breaker.state is State.CLOSED


def test_failing_every_second_time_opens_it_too(breaker: Breaker) -> None:
    for _ in range(5):
        succeed(breaker)
        fail(breaker)

    assert breaker.state is State.OPEN


def test_slow_answers_count_as_failures(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        with breaker.guard():
            clock.now += 0.3

    assert breaker.state is State.OPEN


def test_after_the_cool_down_one_call_at_a_time_tries(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 2.6

    with breaker.guard():
        assert breaker.state.name == "HALF_OPEN"
        with pytest.raises(BreakerOpenError), breaker.guard():
            pytest.fail("a second call went through")
    assert breaker.state is State.CLOSED


def test_a_failed_trial_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 2.6
    fail(breaker)

    with pytest.raises(BreakerOpenError), breaker.guard():
        pytest.fail("the call went through")


def test_a_trial_that_ends_without_a_verdict_lets_the_next_one_try(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 2.6
    with pytest.raises(KeyError), breaker.guard():
        raise KeyError("a bug, and not the dependency's")

    succeed(breaker)
    assert breaker.state is State.CLOSED


def test_it_never_returns_before_the_cool_down(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 1.99

    with pytest.raises(BreakerOpenError), breaker.guard():
        pytest.fail("the call went through")


def test_what_began_before_it_opened_does_not_close_it(breaker: Breaker) -> None:
    with breaker.guard():
        fail(breaker, 3)

    assert breaker.state is State.OPEN


def test_its_state_and_changes_are_metrics(breaker: Breaker) -> None:
    metrics = Metrics(role="api", version="1")
    metrics.watch_breaker(breaker)
    fail(breaker, 3)

    assert metrics.registry.get_sample_value("hastecrm_breaker_state", {"breaker": "redis"}) == 2
    labels = {"breaker": "redis", "to": "open"}
    assert metrics.registry.get_sample_value("hastecrm_breaker_transitions_total", labels) == 1


def test_a_background_check_goes_through_whatever_the_state_and_its_success_closes_it(
    breaker: Breaker,
) -> None:
    fail(breaker, 3)
    with breaker.probe():
        pass

    assert breaker.state is State.CLOSED


def test_a_background_check_that_fails_keeps_visitors_from_being_the_trial(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, 3)
    for _ in range(10):
        clock.now += 1
        with pytest.raises(OSError, match="gone"), breaker.probe():
            raise OSError("gone")
        with pytest.raises(BreakerOpenError), breaker.guard():
            pytest.fail("the call went through")
