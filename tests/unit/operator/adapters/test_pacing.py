"""Requests go out as fast as the API server takes them, and no faster."""

import asyncio

import pytest

from hastecrm_operator.adapters.pacing import Pacer


class Load:
    """Requests that stay under way until they are told to end."""

    def __init__(self, pacer: Pacer) -> None:
        self.pacer = pacer
        self.under_way = 0
        self.most_under_way = 0
        self.done = 0
        self._end = asyncio.Event()

    async def request(self) -> None:
        async with self.pacer.turn():
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            await self._end.wait()
            self.under_way -= 1
        self.done += 1

    async def start(self, count: int) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.request()) for _ in range(count)]
        await asyncio.sleep(0)
        return tasks

    def end(self) -> None:
        self._end.set()


async def test_no_more_than_the_window_are_under_way():
    load = Load(Pacer(4))

    tasks = await load.start(20)
    load.end()
    await asyncio.gather(*tasks)

    assert load.most_under_way == 4
    assert load.done == 20


async def test_a_refusal_halves_the_window_once_for_all_that_were_under_way():
    pacer = Pacer(16)

    for _ in range(10):
        pacer.refused(None)

    assert pacer.window == 8


async def test_successes_widen_the_window_again():
    pacer = Pacer(16)
    pacer.refused(None)

    for _ in range(8):
        pacer.succeeded()

    assert 8.9 < pacer.window < 9.1


async def test_the_window_never_exceeds_what_was_set():
    pacer = Pacer(2)
    for _ in range(100):
        pacer.succeeded()

    assert pacer.window == 2


async def test_nothing_goes_out_before_the_time_that_the_server_named():
    loop, waited = asyncio.get_running_loop(), []
    pacer = Pacer(4, waited.append)
    pacer.refused(0.05)
    since = loop.time()

    async with pacer.turn():
        took = loop.time() - since

    assert 0.045 < took < 1
    assert waited == [pytest.approx(took, abs=0.01)]


async def test_a_timer_that_comes_a_moment_early_leaves_nobody_waiting_for_ever(monkeypatch):
    loop = asyncio.get_running_loop()
    call_at = loop.call_at
    monkeypatch.setattr(loop, "call_at", lambda when, *then: call_at(when - 0.02, *then))
    pacer = Pacer(4)
    pacer.refused(0.04)

    async with asyncio.timeout(10), pacer.turn():
        assert pacer.window == 2


async def test_one_who_gives_up_waiting_leaves_the_turn_to_others():
    load = Load(Pacer(1))
    first, second, third = await load.start(3)
    second.cancel()
    await asyncio.sleep(0)
    load.end()

    await asyncio.gather(first, third)

    assert load.done == 2


async def test_one_who_is_cancelled_in_the_moment_of_getting_a_turn_gives_it_back():
    pacer = Pacer(1)
    async with pacer.turn():
        waiting = asyncio.create_task(Load(pacer).request())
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    async with asyncio.timeout(1), pacer.turn():
        assert pacer.window == 1
