"""Calls to services outside: their limits, their breaker, their retries and what is counted."""

import asyncio

import pytest

from hastecrm.core.breaker import BreakerOpenError, Policy, State
from hastecrm.core.metrics import Metrics
from hastecrm.core.remote import Remote, Remotes, RemoteTimeoutError, Terms
from hastecrm.core.retry import Pace

TERMS = Terms(
    timeout=0.05,
    breaker=Policy(failures=3, slow=1.0, cool_down=0.05, jitter=0),
    pace=Pace(attempts=3, first=0.0, longest=0.0, jitter=0.0),
)


def remote(metrics: Metrics | None = None) -> Remote:
    return Remotes(metrics or Metrics(role="api", version="1")).add("mail", (ConnectionError,), TERMS)


async def fail() -> None:
    raise ConnectionError("nobody there")


async def hang() -> None:
    await asyncio.sleep(5)


async def test_an_answer_comes_through() -> None:
    async def work() -> int:
        return 7

    assert await remote().call(work) == 7


async def test_a_service_that_hangs_is_left_after_its_limit() -> None:
    with pytest.raises(RemoteTimeoutError, match=r"mail did not answer within 0\.05 s") as caught:
        await remote().call(hang)

    assert (caught.value.status, caught.value.retry_after) == (503, 5)


async def test_a_timeout_of_the_work_itself_is_not_taken_for_the_limit() -> None:
    async def impatient() -> None:
        async with asyncio.timeout(0.001):
            await hang()

    with pytest.raises(TimeoutError) as caught:
        await remote().call(impatient)
    assert not isinstance(caught.value, RemoteTimeoutError)


async def test_after_a_few_failures_nobody_is_asked_until_one_trial_succeeds() -> None:
    mail, asked = remote(), 0

    async def work() -> str:
        nonlocal asked
        asked += 1
        return "sent"

    for _ in range(3):
        with pytest.raises(ConnectionError):
            await mail.call(fail)
    with pytest.raises(BreakerOpenError):
        await mail.call(work)
    refused = asked
    await asyncio.sleep(0.06)
    sent = await mail.call(work)

    assert (refused, sent, asked, mail.breaker.state) == (0, "sent", 1, State.CLOSED)


async def test_answers_that_are_not_wanted_do_not_open_the_breaker() -> None:
    mail = remote()

    async def refuse() -> None:
        raise PermissionError("no such mailbox")

    for _ in range(5):
        with pytest.raises(PermissionError):
            await mail.call(refuse)

    assert mail.breaker.state is State.CLOSED


async def test_only_what_is_idempotent_is_repeated() -> None:
    runs: list[str] = []

    async def once_down(word: str) -> None:
        runs.append(word)
        if runs.count(word) == 1:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await remote().call(lambda: once_down("send"))
    await remote().call(lambda: once_down("read"), idempotent=True)

    assert runs == ["send", "read", "read"]


async def test_every_call_and_retry_is_counted() -> None:
    metrics = Metrics(role="api", version="1")
    mail = remote(metrics)
    with pytest.raises(ConnectionError):
        await mail.call(fail, idempotent=True)
    with pytest.raises(BreakerOpenError):
        await mail.call(fail)

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(name, labels)

    assert value("hastecrm_remote_calls_total", remote="mail", outcome="failed") == 3
    assert value("hastecrm_remote_calls_total", remote="mail", outcome="refused") == 1
    assert value("hastecrm_remote_calls_total", remote="mail", outcome="answered") == 0
    assert value("hastecrm_retries_total", dependency="mail", outcome="granted") == 2
    assert value("hastecrm_breaker_state", breaker="mail") == State.OPEN.value
