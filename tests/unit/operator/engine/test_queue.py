"""The work queue's promises."""

import asyncio

import pytest
import uvloop

from hastecrm_operator.engine.queue import Priority, WorkQueue


async def take_all(queue: WorkQueue[str]) -> list[str]:
    taken = []
    while len(queue):
        key = (await queue.take()).key
        taken.append(key)
        queue.done(key)
    return taken


async def test_a_key_that_is_added_twice_is_taken_once():
    queue = WorkQueue[str]()
    queue.add("a")
    queue.add("a")
    queue.add("b")

    assert await take_all(queue) == ["a", "b"]


async def test_a_key_is_never_worked_on_by_two_at_once():
    queue = WorkQueue[str]()
    queue.add("a")
    await queue.take()
    queue.add("a")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.take(), 0.02)


async def test_a_key_added_while_it_is_worked_on_comes_back_afterwards():
    queue = WorkQueue[str]()
    queue.add("a")
    await queue.take()
    queue.add("a")
    queue.add("a")
    queue.done("a")

    assert await take_all(queue) == ["a"]


async def test_failures_wait_longer_each_time_until_forgiven():
    queue = WorkQueue[str]()

    delays = [queue.retry("a") for _ in range(5)]
    queue.forgive("a")
    after = queue.retry("a")

    assert all(0.25 * 2**n <= delay <= 0.5 * 2**n for n, delay in enumerate(delays))
    assert after <= 0.5


async def test_a_server_that_asks_for_patience_gets_it():
    queue = WorkQueue[str]()

    assert queue.retry("a", at_least=7.0) >= 7.0


async def test_the_sooner_of_two_delays_wins():
    queue = WorkQueue[str]()
    queue.add_after("a", 0.01)
    queue.add_after("a", 60)

    assert (await asyncio.wait_for(queue.take(), 1)).key == "a"


@pytest.mark.parametrize("seconds", [0.0, 0.0001, -1.0])
def test_a_look_that_is_due_already_stands_in_nobodys_way(seconds: float):
    async def both() -> str:
        queue = WorkQueue[str]()
        queue.add_after("a", seconds)
        queue.add_after("a", 60)
        return (await asyncio.wait_for(queue.take(), 1)).key

    assert uvloop.run(both()) == "a"


async def test_an_event_makes_a_waiting_retry_needless():
    queue = WorkQueue[str]()
    queue.add_after("a", 0.01)
    queue.add("a")
    assert await take_all(queue) == ["a"]

    await asyncio.sleep(0.03)

    assert len(queue) == 0


async def test_a_dropped_key_does_not_come_back():
    queue = WorkQueue[str]()
    queue.add_after("a", 0.01)
    queue.drop("a")

    await asyncio.sleep(0.03)

    assert len(queue) == 0


async def test_what_a_person_changed_goes_before_children_and_looks_without_a_cause():
    queue = WorkQueue[str]()
    queue.add("resync", Priority.RESYNC)
    queue.add("child")
    queue.add("person", Priority.USER)

    assert await take_all(queue) == ["person", "child", "resync"]


async def test_a_key_moves_up_when_a_person_changes_it():
    queue = WorkQueue[str]()
    queue.add("a", Priority.RESYNC)
    queue.add("b")
    queue.add("a", Priority.USER)

    assert await take_all(queue) == ["a", "b"]


async def test_a_key_does_not_move_down():
    queue = WorkQueue[str]()
    queue.add("a", Priority.USER)
    queue.add("b")
    queue.add("a", Priority.RESYNC)

    assert await take_all(queue) == ["a", "b"]


async def test_a_flood_of_changes_lets_nobody_starve():
    queue = WorkQueue[str]()
    queue.add("patient", Priority.RESYNC)
    for number in range(100):
        queue.add(f"person-{number}", Priority.USER)

    taken = await take_all(queue)

    assert taken.index("patient") < 10


async def test_a_burst_of_reports_is_looked_at_twice_at_once_and_when_it_has_settled():
    queue, looks = WorkQueue[str](), 0

    async with asyncio.timeout(1):
        for _ in range(20):
            queue.add_soon("a")
            while len(queue):
                queue.done((await queue.take()).key)
                looks += 1
            await asyncio.sleep(0.001)
        queue.done((await queue.take()).key)

    assert looks == 1
    assert len(queue) == 0


async def test_drift_does_not_wait_for_a_burst_to_settle():
    queue = WorkQueue[str]()
    queue.add_soon("a")
    queue.done((await queue.take()).key)
    queue.add_soon("a")

    queue.add("a")

    assert await take_all(queue) == ["a"]


async def test_the_queue_tells_how_long_a_key_has_waited():
    queue = WorkQueue[str]()
    queue.add("a")
    await asyncio.sleep(0.01)
    oldest = queue.oldest()

    turn = await queue.take()

    assert 0.01 <= oldest <= turn.waited < 1
    assert queue.oldest() == 0
