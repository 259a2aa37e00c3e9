"""Kopf is started again when it ends or goes deaf, and gets the time that a start needs."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

from hastecrm_operator.handlers import thread
from hastecrm_operator.handlers.thread import KopfThread
from hastecrm_operator.telemetry.metrics import Metrics


class PlayedThread:
    """A Kopf that lives until it is asked to stop or a test ends it."""

    lives: ClassVar[list["PlayedThread"]] = []

    def __init__(self, handlers: Any, namespaces: Any, on_end: Callable[[], object]) -> None:
        self.end = on_end
        self.started_at = asyncio.get_running_loop().time()

    def start(self) -> None:
        self.lives.append(self)

    def ask_to_stop(self) -> None:
        self.end()


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> list[PlayedThread]:
    monkeypatch.setattr(thread, "_Thread", PlayedThread)
    monkeypatch.setattr(thread, "_LOOK_EACH", 0.005)
    monkeypatch.setattr(thread, "_DEAF_AFTER", 0.1)
    monkeypatch.setattr(thread, "_PAUSE", 0.001)
    monkeypatch.setattr(PlayedThread, "lives", [])
    return PlayedThread.lives


@asynccontextmanager
async def running(lag: Callable[[], float]) -> Any:
    kopf_thread = KopfThread(None, None, (), Metrics(), lag)
    task = asyncio.create_task(kopf_thread.run())
    try:
        yield kopf_thread.metrics
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def restarts(metrics: Metrics, reason: str) -> float:
    return metrics.kopf_restarts.labels(reason)._value.get()


async def until_lives(lives: list[PlayedThread], count: int) -> None:
    async with asyncio.timeout(5):
        while len(lives) < count:
            await asyncio.sleep(0.005)


async def test_one_that_ends_is_started_again(played: list[PlayedThread]):
    async with running(lag=lambda: 0.0) as metrics:
        await until_lives(played, 1)
        played[0].end()
        await until_lives(played, 2)

        assert restarts(metrics, "ended") == 1


async def test_one_that_keeps_things_to_itself_is_started_again(played: list[PlayedThread]):
    async with running(lag=lambda: 99.0) as metrics:
        await until_lives(played, 3)

        assert restarts(metrics, "deaf") >= 2
    assert played[2].started_at - played[1].started_at > 0.1, "it got no time to tell anything"


async def test_one_that_tells_everything_stays(played: list[PlayedThread]):
    async with running(lag=lambda: 0.0):
        await asyncio.sleep(0.3)

    assert len(played) == 1
